package uritable

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse_parts(t *testing.T) {
	t.Parallel()
	u, err := Parse("HTTP://us%20er:pw@H.Example:0080/a/./b%2fc?q=1&r=%#frag")
	require.NoError(t, err)
	assert.Equal(t, "http", u.Scheme())
	assert.Equal(t, "us%20er:pw", u.UserInfo())
	assert.Equal(t, "h.example", u.Host())
	assert.Equal(t, 80, u.Port())
	assert.Equal(t, "h.example", u.Authority())
	assert.Equal(t, "/a/b%2fc", u.Path())
	assert.Equal(t, "/a/b/c", string(u.AppendUnescapedPath(nil)))
	assert.Equal(t, "q=1&r=%", u.Query())
	assert.Equal(t, "/a/b%2fc?q=1&r=%", u.RequestTarget())
	assert.Equal(t, "frag", u.Fragment())
	assert.Equal(t, "http://h.example/a/b%2fc?q=1&r=%#frag", u.String())
	plain := u.WithoutUserInfo()
	assert.Empty(t, plain.UserInfo())
	assert.Equal(t, u.RequestTarget(), plain.RequestTarget())
	again, err := Parse(plain.String())
	require.NoError(t, err)
	assert.Equal(t, again, plain)
}

func TestParse_normalForm(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"http://h":                         "http://h/",
		"http://h?x":                       "http://h/?x",
		"http://h#f":                       "http://h/#f",
		"http://h:/x":                      "http://h/x",
		"https://h:443/":                   "https://h/",
		"net.tcp://h:808/x":                "net.tcp://h/x",
		"net.tcp://h:809/x":                "net.tcp://h:809/x",
		"http://h/a/../../b":               "http://h/b",
		"http://h/a/b/..":                  "http://h/a/",
		"http://h/a/.":                     "http://h/a/",
		"http://h/a//../b":                 "http://h/a/b",
		"http://h/a\\b\\..\\c":             "http://h/a/c",
		"http://h/a b":                     "http://h/a%20b",
		"http://h/ä":                       "http://h/%C3%A4",
		"http://h/x?ä\"":                   "http://h/x?%C3%A4%22",
		"http://[2001:DB8:0:0::1]:81/":     "http://[2001:db8::1]:81/",
		"http://[::FFFF:1.2.3.4]/":         "http://[::ffff:1.2.3.4]/",
		"http://host_1.example./":          "http://host_1.example./",
		"http://10.0.0.5/":                 "http://10.0.0.5/",
		"urn:Orders:A/b?c#d":               "urn:Orders:A/b?c#d",
		"URN:Orders":                       "urn:Orders",
		"file:///etc/x":                    "file:///etc/x",
		"http://h/...":                     "http://h/...",
		"soap.udp://239.255.255.250:3702/": "soap.udp://239.255.255.250:3702/",
	} {
		u, err := Parse(in)
		if assert.NoError(t, err, in) {
			assert.Equal(t, want, u.String(), in)
		}
	}
}

func TestParse_refused(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                    "no scheme",
		"//h/x":                               "no scheme",
		"c:\\orders":                          "drive letter",
		"http://":                             "no host",
		"http:///x":                           "no host",
		"http://:80/x":                        "no host",
		"http:\\\\h\\x":                       "'//' expected",
		"urn:":                                "nothing after the scheme",
		"http://h:-1/":                        "not a port",
		"http://h:000080/":                    "not a port",
		"http://[::1/":                        "without ']'",
		"http://[fe80::1%25eth0]/":            "not an IPv6 address",
		"http://[1.2.3.4]/":                   "not an IPv6 address",
		"http://a..b/":                        "empty label",
		"http://.a/":                          "empty label",
		"http://127.1/":                       "neither a name nor an IPv4 address",
		"http://0x7f.0.0.0x1/":                "neither a name nor an IPv4 address",
		"http://2130706433/":                  "neither a name nor an IPv4 address",
		"http://01.2.3.4/":                    "neither a name nor an IPv4 address",
		"http://a%41/":                        "character not allowed in host",
		"http://+:80/":                        "character not allowed in host",
		"http://a，b/":                         "character not allowed in host",
		"http://h/%":                          "malformed percent code",
		"http://h/%zz":                        "malformed percent code",
		"http://h/a%2E":                       "",
		"http://h/.%2E/a":                     "encoded dot segment",
		"http://h/\x00":                       "control character",
		"http://h/\xff":                       "character not allowed in a URI",
		"http://h/#%":                         "malformed percent code",
		"http://h?" + "\x7f":                  "control character",
		strings.Repeat("a", MaxLength) + ":b": "too long",
	} {
		_, err := Parse(in)
		if want == "" {
			assert.NoError(t, err, in)
			continue
		}
		var e *Error
		if assert.ErrorAs(t, err, &e, in) {
			assert.Contains(t, e.Error(), want, in)
		}
	}
}

func TestFromRequest(t *testing.T) {
	t.Parallel()
	u, err := FromRequest("http", "Edge:8000", "/orders/../x?wsdl")
	require.NoError(t, err)
	assert.Equal(t, "http://edge:8000/x?wsdl", u.String())
	for _, bad := range [][2]string{{"h/x", "/"}, {"u@h", "/"}, {"", "/"}, {"h", "*"}, {"h", ""}, {"h#", "/"}, {"h", "/%"}} {
		_, err := FromRequest("http", bad[0], bad[1])
		assert.Error(t, err, bad)
	}
}

func TestParse_allocations(t *testing.T) {
	const text = "http://edge.example:8000/orders/IOrders?x=1"
	assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = Parse(text) }))
	b := []byte(text)
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _ = ParseBytes(b) }), 1.0)
}

func TestTable(t *testing.T) {
	t.Parallel()
	table := NewTable[string](Options{})
	for _, s := range []string{"http://h/a", "http://h/a/b", "http://h/a/b/c/d", "https://h/"} {
		require.NoError(t, table.Add(parse(t, s), StrongWildcard, s, s))
	}
	assert.Equal(t, 4, table.Len())
	assert.Len(t, table.Entries(), 4)
	for via, want := range map[string]string{
		"http://x/a":         "http://h/a",
		"http://x/A/B":       "http://h/a/b",
		"http://x/a/b/c":     "http://h/a/b",
		"http://x/a/b/c/d/e": "http://h/a/b/c/d",
		"https://x/a":        "https://h/",
	} {
		e := table.Lookup(parse(t, via), StrongWildcard)
		if assert.NotNil(t, e, via) {
			assert.Equal(t, want, e.Value, via)
		}
	}
	assert.Nil(t, table.Lookup(parse(t, "http://x/b"), StrongWildcard))
	assert.Nil(t, table.Search(parse(t, "net.tcp://x/a")))

	err := table.Add(parse(t, "http://other/A/"), StrongWildcard, "", "web.config:41:5")
	var dup *DuplicateError
	require.ErrorAs(t, err, &dup)
	assert.Equal(t, "web.config:41:5: duplicate registration of http://other/A/ (StrongWildcard), already registered by "+
		"http://h/a; give one of them another address", err.Error())
}

func TestTable_options(t *testing.T) {
	t.Parallel()
	withCase := NewTable[int](Options{Case: true})
	require.NoError(t, withCase.Add(parse(t, "fabric://c/App/Svc"), StrongWildcard, 1, ""))
	assert.Nil(t, withCase.Search(parse(t, "fabric://c/app/svc")))
	assert.NotNil(t, withCase.Search(parse(t, "fabric://c/App/Svc/x")))

	withPort := NewTable[int](Options{Port: true})
	require.NoError(t, withPort.Add(parse(t, "http://h:81/"), StrongWildcard, 1, ""))
	assert.Nil(t, withPort.Search(parse(t, "http://h/")))
	require.NoError(t, withPort.Add(parse(t, "http://u@h/"), Exact, 2, ""))
	assert.Nil(t, withPort.Search(parse(t, "http://h/")), "user information belongs to the exact key")
	assert.NotNil(t, withPort.Search(parse(t, "http://U@h/x")))
}

func TestTable_allocations(t *testing.T) {
	table := NewTable[int](Options{Port: true})
	require.NoError(t, table.Add(parse(t, "http://h:8000/Orders/A"), Exact, 1, ""))
	via := parse(t, "http://h:8000/orders/a/b")
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		if table.Search(via) == nil {
			panic("not found")
		}
	}))
}
