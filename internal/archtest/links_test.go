package archtest

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	link    = regexp.MustCompile(`\]\(([^()\s]+(?:\([^()\s]*\))?)(?:\s+"[^"]*")?\)`)
	fence   = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	inline  = regexp.MustCompile("`[^`\n]*`")
	heading = regexp.MustCompile(`(?m)^#{1,6}[ \t]+(.+?)[ \t]*#*$`)
)

// TestLinks_resolve follows every relative link of the documents, and its
// fragment to a heading. Links to other hosts are not followed: tests need no
// network.
func TestLinks_resolve(t *testing.T) {
	t.Parallel()
	pages := map[string]string{}
	require.NoError(t, walk(".md", func(name string, src []byte) error {
		pages[name] = fence.ReplaceAllString(string(src), "")
		return nil
	}))
	for name, text := range pages {
		for _, m := range link.FindAllStringSubmatch(inline.ReplaceAllString(text, ""), -1) {
			u, err := url.Parse(m[1])
			if !assert.NoError(t, err, "%s: link %s", name, m[1]) || u.Scheme != "" {
				continue
			}
			target := name
			if u.Path != "" {
				target = path.Join(path.Dir(name), u.Path)
				_, err = os.Stat(filepath.Join(root, filepath.FromSlash(target)))
				if !assert.NoError(t, err, "%s: link %s leads nowhere", name, m[1]) {
					continue
				}
			}
			if page, ok := pages[target]; ok && u.Fragment != "" {
				assert.Contains(t, anchors(page), u.Fragment, "%s: link %s names no heading of %s", name, m[1], target)
			}
		}
	}
}

func anchors(page string) []string {
	var found []string
	for _, m := range heading.FindAllStringSubmatch(page, -1) {
		found = append(found, anchor(m[1]))
	}
	return found
}

// anchor makes a heading's fragment as GitHub does: lower case, spaces to
// hyphens, punctuation dropped.
func anchor(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		default:
			return -1
		}
	}, title)
}

func TestLinks_anchor(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "7-speed-and-size", anchor("7. Speed and size"))
	assert.Equal(t, "what-maxreceivedmessagesize-means", anchor("What `maxReceivedMessageSize` means"))
}
