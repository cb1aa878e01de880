package textxml_test

import (
	"bytes"
	"encoding/binary"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/textxml"
	"github.com/viaduct-soap/viaduct/internal/refusal"
)

const declarationLE = `<?xml version="1.0" encoding="utf-16LE"?>`

// recode writes text in pieces of that many octets and returns what came out,
// without mark and declaration.
func recode(tb testing.TB, text []byte, piece int) (string, error) {
	tb.Helper()
	var out bytes.Buffer
	u := textxml.NewUTF16Writer(&out, binding.UTF16LE)
	for len(text) > 0 {
		n := min(max(piece, 1), len(text))
		if _, err := u.Write(text[:n]); err != nil {
			return "", err
		}
		text = text[n:]
	}
	if err := u.Flush(); err != nil {
		return "", err
	}
	require.Zero(tb, out.Len()%2)
	units := make([]uint16, out.Len()/2)
	require.NoError(tb, binary.Read(&out, binary.LittleEndian, units))
	got := string(utf16.Decode(units))
	require.True(tb, bytes.HasPrefix([]byte(got), []byte("\ufeff"+declarationLE)), got)
	return got[len("\ufeff"+declarationLE):], nil
}

func TestUTF16Writer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"plain", "<a>b</a>", "<a>b</a>"},
		{"nothing", "", ""},
		{"short", "<a/>", "<a/>"},
		{"mark", "\ufeff<a/>", "<a/>"},
		{"declaration", `<?xml version="1.0" encoding="utf-8"?><a/>`, "<a/>"},
		{"declaration on lines", "<?xml\r\nversion='1.0'\n?>\n<a/>", "\n<a/>"},
		{"mark and declaration", "\ufeff" + `<?xml version="1.0"?><a/>`, "<a/>"},
		{"instruction", `<?xml-stylesheet href="a"?><a/>`, `<?xml-stylesheet href="a"?><a/>`},
		{"declaration without end", `<?xml version="1.0"`, `<?xml version="1.0"`},
		{"surrogates", "<a>𝄞𝄞é世</a>", "<a>𝄞𝄞é世</a>"},
		{"replacement character", "<a>\ufffd</a>", "<a>\ufffd</a>"},
		{"mark inside", "<a>\ufeff</a>", "<a>\ufeff</a>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for piece := 1; piece <= len(c.in)+1; piece++ {
				got, err := recode(t, []byte(c.in), piece)
				require.NoError(t, err, "pieces of %d", piece)
				assert.Equal(t, c.want, got, "pieces of %d", piece)
			}
		})
	}
}

func TestUTF16Writer_longDeclaration(t *testing.T) {
	t.Parallel()
	text := append([]byte("<?xml "), bytes.Repeat([]byte("x"), 2000)...)
	got, err := recode(t, text, 100)
	require.NoError(t, err)
	assert.Equal(t, string(text), got, "what has no end in sight is no declaration")
}

func TestUTF16Writer_malformed(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"<a>\xff</a>", "<a>\xe2\x82", "<a>\xed\xa0\x80</a>", "\xc0\xbc"} {
		for piece := 1; piece <= len(bad); piece++ {
			_, err := recode(t, []byte(bad), piece)
			require.Error(t, err, "%q", bad)
			assert.Equal(t, refusal.XMLUTF8, refusal.Of(err))
		}
	}
}

// FuzzUTF16Writer: whatever the chunks, decoding gives the text back, and what is
// no UTF-8 is refused.
func FuzzUTF16Writer(f *testing.F) {
	for _, s := range []string{"<a>é𝄞</a>", "\ufeff<?xml version='1.0'?><a/>", "<a>\xff", "<?xml ", "\xf0\x9d\x84"} {
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, text []byte, piece int) {
		got, err := recode(t, text, piece)
		whole, wholeErr := recode(t, text, len(text)+1)
		require.Equal(t, wholeErr == nil, err == nil)
		assert.Equal(t, whole, got)
		if utf8.Valid(text) {
			require.NoError(t, err)
			assert.True(t, bytes.HasSuffix(text, []byte(got)))
		}
	})
}
