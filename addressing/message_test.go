package addressing

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// message returns an envelope with these headers. It declares s, a, w10, w04,
// none, t, wsse and xop.
func message(t testing.TB, version, headers string) *soap.Envelope {
	t.Helper()
	v, err := soap.Parse(version)
	require.NoError(t, err)
	a := v.Addressing.Namespace()
	if v.Addressing == soap.AddressingNone {
		a = wsa10NS
	}
	text := `<s:Envelope xmlns:s="` + v.Envelope.Namespace() + `" xmlns:a="` + a + `" xmlns:w10="` + wsa10NS + `" xmlns:w04="` + wsa2004NS +
		`" xmlns:none="` + soap.NamespaceAddressingNone + `" xmlns:t="urn:acme" xmlns:wsse="` + wsseNS +
		`" xmlns:xop="http://www.w3.org/2004/08/xop/include"><s:Header>` + headers + `</s:Header><s:Body/></s:Envelope>`
	env, err := soap.Decode(context.Background(), strings.NewReader(text), soap.DecodeOptions{Version: v, Size: int64(len(text))})
	require.NoError(t, err, text)
	t.Cleanup(env.Release)
	return env
}

// written returns the text of a draft, and the draft read again.
func written(t testing.TB, d *soap.Draft) (string, *soap.Envelope) {
	t.Helper()
	var b strings.Builder
	_, err := d.WriteTo(&b)
	require.NoError(t, err)
	env, err := soap.Decode(context.Background(), strings.NewReader(b.String()),
		soap.DecodeOptions{Version: d.Version(), Size: int64(b.Len()), Needs: soap.Needs{Check: soap.CheckWellFormed}})
	require.NoError(t, err, b.String())
	t.Cleanup(env.Release)
	return b.String(), env
}

// listHeaders names the header blocks with their values, in order.
func listHeaders(t testing.TB, env *soap.Envelope) string {
	t.Helper()
	var list []string
	for i := range env.Blocks() {
		b := &env.Blocks()[i]
		value := "..."
		if text, err := env.Value(b, nil); err == nil {
			value = string(text)
		}
		item := string(b.Name.Local) + "=" + value
		if b.RefParam {
			item += "(marked)"
		}
		list = append(list, item)
	}
	return strings.Join(list, " ")
}

func uri(t testing.TB, s string) uritable.URI {
	t.Helper()
	u, err := uritable.Parse(s)
	require.NoError(t, err)
	return u
}
