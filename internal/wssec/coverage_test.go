package wssec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/wssec"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// names lists what is covered, without the proofs.
func names(c *wssec.Covered) []string {
	var out []string
	for _, r := range c.References() {
		switch r.Kind {
		case wssec.Element:
			out = append(out, r.Local)
		case wssec.Document:
			out = append(out, "document: "+r.Why)
		case wssec.Unread:
			out = append(out, "unread "+r.ID)
		case wssec.External:
			out = append(out, "external "+r.URI)
		case wssec.Proof:
		}
	}
	return out
}

func TestCoverage(t *testing.T) {
	t.Parallel()
	list := func(s ...string) []string { return s }
	token := `<o:SecurityTokenReference u:Id="st"><o:Reference URI="#tok"/></o:SecurityTokenReference>`
	saml := func(inner string) string {
		return prolog + security(`<q:Assertion xmlns:q="urn:oasis:names:tc:SAML:2.0:assertion" ID="as">`+inner+`</q:Assertion>`) + epilog
	}
	for _, c := range []struct {
		name, message string
		want          []string
	}{
		{"no security header", prolog + epilog, nil},
		{"no signature", prolog + security("") + epilog, nil},
		{"wsu:Id", signed(reference("#_1", exc)), list("To")},
		{"several", signed(reference("#_0", exc), reference("#_1", exc), reference("#_body", exc)), list("Timestamp", "To", "Body")},
		{"Id without a namespace", signed(reference("#tenant", exc)), list("Tenant")},
		{"inclusive", signed(reference("#_1", inc)), list("To")},
		{"inclusive 1.1", signed(reference("#_1", inc11+"#WithComments")), list("To")},
		{"no transform", signed(reference("#_1")), list("To")},
		{"token", signed(reference("#tok", exc)), list("BinarySecurityToken")},
		{"xpointer id", signed(reference("#xpointer(id('_1'))", exc)), list("To")},
		{"percent-encoded id", signed(reference("#%5f1", exc)), list("To")},
		{"reference in the URI", signed(reference("&#35;_1", exc)), list("To")},
		{"xpointer root", signed(reference("#xpointer(/)", exc)), list("document: XPointer")},
		{"empty fragment", signed(reference("#", exc)), list("document: empty fragment")},
		{"empty URI", signed(reference("", env, exc)), list("document: empty URI")},
		{"no URI", signed(strings.Replace(reference("", exc), ` URI=""`, "", 1)), list("document: no URI")},
		{"unknown transform", signed(reference("#_1", xpath, exc)), list("document: transform " + xpath)},
		{"nine transforms", signed(reference("#_1", exc, exc, exc, exc, exc, exc, exc, exc, exc)), list("document: too many transforms")},
		{"attachment", signed(reference("cid:part1", "urn:attachment")), list("external cid:part1")},
		{"id of the body's content", signed(reference("#item", exc)), list("unread item")},
		{"envelope", strings.Replace(signed(reference("#all", exc)), "<s:Envelope ", `<s:Envelope u:Id="all" `, 1), list("document: Envelope is signed")},
		{"id twice", strings.Replace(signed(reference("#_1", exc)), `u:Id="_3"`, `u:Id="_1"`, 1), list("ReplyTo", "To")},
		{"other attribute", strings.Replace(signed(reference("#x9", exc)), `Id="tenant"`, `key="x9"`, 1), list("Tenant")},
		{"id before other attribute", strings.Replace(signed(reference("#_1", exc)), `Id="tenant"`, `key="_1"`, 1), list("To")},
		{
			"STR-Transform", prolog + security(token+signature(exc, reference("#st", str))) + epilog,
			list("SecurityTokenReference", "Security", "BinarySecurityToken"),
		},
		{"STR-Transform in the body", signed(reference("#gone", str)), list("document: STR-Transform of something in the body")},
		{"SAML assertion", saml(signature(exc, reference("#as", env, exc))), list("Assertion")},
		{"SAML assertion, empty URI", saml(signature(exc, reference("", env, exc))), list("Assertion")},
		{
			"encrypted signature", prolog + security(`<e:EncryptedData xmlns:e="http://www.w3.org/2001/04/xmlenc#" Id="e"/>`) + epilog,
			list("document: EncryptedData in Security, which may hide a Signature"),
		},
		{"byte order mark", "\uFEFF" + signed(reference("#_1", exc)), list("To")},
		{"64 references", signed(strings.Repeat(reference("#_1", exc), 64)), strings.Split(strings.Repeat("To ", 64)[:191], " ")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := wssec.Coverage(decode(t, c.message))
			require.NoError(t, err)
			assert.Equal(t, c.want, names(got), c.message)
		})
	}
}

func TestCoverage_limits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, message, why string }{
		{"65 references", signed(strings.Repeat(reference("#_1", exc), 65)), "too many references"},
		{"65 signatures", prolog + security(strings.Repeat(signature(exc), 65)) + epilog, "too many signatures"},
		{
			"9 elements with one id",
			strings.Replace(signed(reference("#_1", exc)), "<t:Tenant", strings.Repeat(`<n:N xmlns:n="urn:n" Id="_1"/>`, 8)+"<t:Tenant", 1),
			"too many elements with this id",
		},
		{
			"300 elements with 64 ids", prolog + strings.Repeat(`<n:N xmlns:n="urn:n"><n:A Id="m"/><n:A Id="n"/></n:N>`, 150) +
				security(signature(exc, reference("#m", exc), reference("#n", exc))) + epilog,
			"too many elements with a signed id",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := wssec.Coverage(decode(t, c.message))
			require.NoError(t, err)
			r, ok := got.CoversAll()
			require.True(t, ok)
			assert.Equal(t, c.why, r.Why)
		})
	}
}

func TestCovered_Covers(t *testing.T) {
	t.Parallel()
	message := signed(reference("#_1", exc), reference("#_0", exc))
	e := decode(t, message)
	c, err := wssec.Coverage(e)
	require.NoError(t, err)
	to := e.Blocks()[block(t, e, "To")].Element
	root := strings.Index(message, ">") + 1
	for _, k := range []struct {
		name string
		span xmltext.Span
		want string
	}{
		{"whole element", to, "To"},
		{"value", e.Blocks()[block(t, e, "To")].Content, "To"},
		{"overlap at the start", xmltext.Span{Start: to.Start - 3, End: to.Start + 1}, "To"},
		{"overlap at the end", xmltext.Span{Start: to.End - 1, End: to.End + 3}, "To"},
		{"insertion before", xmltext.Span{Start: to.Start, End: to.Start}, ""},
		{"insertion behind", xmltext.Span{Start: to.End, End: to.End}, ""},
		{"insertion inside", xmltext.Span{Start: to.Start + 5, End: to.Start + 5}, "To"},
		{"neighbour", e.Blocks()[block(t, e, "Tenant")].Element, ""},
		{"unsigned MessageID", e.Blocks()[block(t, e, "MessageID")].Element, ""},
		{"Security block", e.Blocks()[block(t, e, "Security")].Element, "Timestamp"},
		{"start tag of Envelope", xmltext.Span{Start: root - 1, End: root}, "To"},
		{"start tag of Header", xmltext.Span{Start: root + 2, End: root + 4}, "To"},
	} {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			r, ok := c.Covers(k.span)
			require.Equal(t, k.want != "", ok)
			if ok {
				assert.Equal(t, k.want, r.Local)
			}
		})
	}
	_, body := c.CoversBody()
	assert.False(t, body)
	_, all := c.CoversAll()
	assert.False(t, all)
}

func TestReference_fields(t *testing.T) {
	t.Parallel()
	c, err := wssec.Coverage(decode(t, signed(reference("#_1", exc))))
	require.NoError(t, err)
	refs := c.References()
	require.Len(t, refs, 2)
	assert.Equal(t, "_1", refs[0].ID)
	assert.Equal(t, "#_1", refs[0].URI)
	assert.Equal(t, "http://www.w3.org/2005/08/addressing", refs[0].Space)
	assert.Equal(t, []string{exc}, refs[0].Transforms)
	assert.Equal(t, sha256, refs[0].Digest)
	assert.Equal(t, `Reference "#_1" (element To of http://www.w3.org/2005/08/addressing)`, refs[0].String())
	assert.Equal(t, wssec.Proof, refs[1].Kind)
	assert.Equal(t, "sig", refs[1].ID)
	assert.Equal(t, []string{exc}, refs[1].Transforms)
	assert.Equal(t, `Signature "sig"`, refs[1].String())
}

func TestCovered_nil(t *testing.T) {
	t.Parallel()
	var c *wssec.Covered
	_, ok := c.Covers(xmltext.Span{End: 9})
	assert.False(t, ok)
	_, ok = c.CoversBody()
	assert.False(t, ok)
	assert.Empty(t, c.References())
}
