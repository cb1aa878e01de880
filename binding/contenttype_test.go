package binding_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

func TestParseContentType(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in string
		want     soap.EnvelopeVersion
		media    binding.Media
		reason   refusal.Reason
	}{
		{name: "as WCF writes it", in: "text/xml; charset=utf-8", want: soap.SOAP11, media: binding.Media{Charset: "utf-8"}},
		{name: "no charset", in: "text/xml", want: soap.SOAP11},
		{name: "quotes and case", in: `Text/XML;CHARSET="UTF-8"`, want: soap.SOAP11, media: binding.Media{Charset: "utf-8"}},
		{name: "extra parameters", in: `text/xml; charset="UTF-8"; action="x"; foo=1`, want: soap.SOAP11, media: binding.Media{Charset: "utf-8", Action: "x", HasAction: true}},
		{name: "utf-16", in: "application/soap+xml; charset=utf-16LE", want: soap.SOAP12, media: binding.Media{Charset: "utf-16le"}},
		{name: "action with a semicolon", in: `application/soap+xml; action="urn:a;b"; charset=utf-8`, want: soap.SOAP12, media: binding.Media{Charset: "utf-8", Action: "urn:a;b", HasAction: true}},
		{name: "quoted pair", in: `application/soap+xml; action="a\"b"`, want: soap.SOAP12, media: binding.Media{Action: `a"b`, HasAction: true}},
		{name: "empty parameter", in: "text/xml; ; charset=utf-8;", want: soap.SOAP11, media: binding.Media{Charset: "utf-8"}},
		{name: "H-164 missing", in: "", want: soap.SOAP11, reason: refusal.HTTPContentType},
		{name: "H-046 utf-7", in: "text/xml; charset=utf-7", want: soap.SOAP11, reason: refusal.HTTPContentType},
		{name: "H-046 iso-8859-1", in: "text/xml; charset=iso-8859-1", want: soap.SOAP11, reason: refusal.HTTPContentType},
		{name: "other version", in: "application/soap+xml", want: soap.SOAP11, reason: refusal.HTTPContentType},
		{name: "two charsets", in: "text/xml; charset=utf-8; charset=utf-16", want: soap.SOAP11, reason: refusal.HTTPContentType},
		{name: "two actions", in: `application/soap+xml; action="a"; action="b"`, want: soap.SOAP12, reason: refusal.HTTPDuplicate},
		{name: "quote without end", in: `text/xml; charset="utf-8`, want: soap.SOAP11, reason: refusal.HTTPContentType},
		{name: "text behind a quote", in: `text/xml; charset="utf-8"x`, want: soap.SOAP11, reason: refusal.HTTPContentType},
		{name: "no value", in: `text/xml; charset`, want: soap.SOAP11, reason: refusal.HTTPContentType},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m, err := binding.ParseContentType(c.in, c.want)
			if c.reason != "" {
				require.Error(t, err)
				assert.Equal(t, c.reason, refusal.Of(err))
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.media, m)
		})
	}
}

func FuzzParseContentType(f *testing.F) {
	for _, s := range []string{"text/xml; charset=utf-8", `application/soap+xml; action="a\"b"`, "a;;b=\"", "text/xml;=x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := binding.ParseContentType(s, soap.SOAP12)
		if err == nil && m.Charset != "" {
			assert.Contains(t, []string{"utf-8", "utf-16", "utf-16le", "utf-16be"}, m.Charset)
		}
	})
}

func TestContentType(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "text/xml; charset=utf-8", binding.ContentType(soap.SOAP11, binding.UTF8))
	assert.Equal(t, "application/soap+xml; charset=utf-16BE", binding.ContentType(soap.SOAP12, binding.UTF16BE))
}
