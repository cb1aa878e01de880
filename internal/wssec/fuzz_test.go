package wssec_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/wssec"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
	"github.com/viaduct-soap/viaduct/soap"
)

func FuzzCoverage(f *testing.F) {
	f.Add([]byte(signed(reference("#_1", exc), reference("#_body", inc))))
	f.Add([]byte(signed(reference("", env, exc))))
	f.Add([]byte(signed(reference("#xpointer(id('_1'))", exc))))
	f.Add([]byte(signed(strings.Repeat(reference("#_1", exc), 65))))
	f.Add([]byte("\uFEFF" + signed(reference("#st", str))))
	f.Add([]byte(prolog + security(`<q:Assertion xmlns:q="urn:oasis:names:tc:SAML:2.0:assertion">`+
		signature(exc, reference("", env))+`</q:Assertion>`) + epilog))
	f.Fuzz(func(t *testing.T, message []byte) {
		e, err := soap.Decode(t.Context(), bytes.NewReader(message), soap.DecodeOptions{
			Version: soap.Soap12WSAddressing10, Size: int64(len(message)),
		})
		if err != nil {
			return
		}
		defer e.Release()
		c, err := wssec.Coverage(e)
		require.NoError(t, err, "a head that was accepted scans again")
		head := e.Head()
		edits := false
		for _, r := range c.References() {
			if r.Kind == wssec.Element || r.Kind == wssec.Proof {
				edits = true
				require.Equal(t, byte('<'), head[r.Element.Start], r)
				require.Equal(t, byte('>'), head[r.Element.End-1], r)
				_, ok := c.Covers(r.Element)
				assert.True(t, ok, r)
			}
			edits = edits || r.Kind == wssec.Document
		}
		_, ok := c.Covers(xmltext.Span{End: len(head)})
		assert.True(t, ok || !edits, "an edit of the whole head touches what is signed")
	})
}
