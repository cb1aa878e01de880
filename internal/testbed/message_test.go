package testbed

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func ExampleMessage() {
	m := Message{Addressing: Addressing10, Action: "urn:ask", ID: "urn:uuid:00000000-0000-0000-0000-000000000001", Size: 2000}
	b := m.Envelope()
	fmt.Println(len(b), FindMessageID(b))
	fmt.Println(m.ContentType())
	// Output:
	// 2000 urn:uuid:00000000-0000-0000-0000-000000000001
	// text/xml; charset=utf-8
}

func TestMessage_Envelope(t *testing.T) {
	t.Parallel()
	for _, v := range []Version{SOAP11, SOAP12} {
		for _, a := range []Addressing{AddressingNone, Addressing10, Addressing200408} {
			for _, size := range []int{0, 512, 1024, 5000, 10_000, 100_000, 500_000} {
				t.Run(fmt.Sprintf("version=%d/addressing=%d/size=%d", v, a, size), func(t *testing.T) {
					t.Parallel()
					m := Message{Version: v, Addressing: a, Action: "urn:ask", To: "http://a/b", Size: size}
					b := m.Envelope()
					wellFormed(t, b)
					assert.Contains(t, string(b), v.Namespace())
					assert.NotEmpty(t, FindMessageID(b))
					if size > 800 {
						assert.Len(t, b, size)
					}
				})
			}
		}
	}
}

func TestMessage_uniqueIDs(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		id := FindMessageID(Message{}.Envelope())
		require.Len(t, id, idLength)
		require.False(t, seen[id])
		seen[id] = true
	}
	assert.Empty(t, FindMessageID([]byte("urn:uuid:1")), "cut short")
	assert.Empty(t, FindMessageID(nil))
}

func wellFormed(t *testing.T, b []byte) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(string(b)))
	for {
		if _, err := d.Token(); err != nil {
			require.ErrorIs(t, err, io.EOF, "%s", b)
			return
		}
	}
}
