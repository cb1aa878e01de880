package wssec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/wssec"
	"github.com/viaduct-soap/viaduct/soap"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	to := []byte(`<a:To xmlns:a="http://www.w3.org/2005/08/addressing">http://next/</a:To>`)
	replace := func(local string) func(testing.TB, *soap.Envelope, *soap.Draft) {
		return func(tb testing.TB, e *soap.Envelope, d *soap.Draft) { tb.Helper(); d.Replace(block(tb, e, local), to) }
	}
	remove := func(local string) func(testing.TB, *soap.Envelope, *soap.Draft) {
		return func(tb testing.TB, e *soap.Envelope, d *soap.Draft) { tb.Helper(); d.Remove(block(tb, e, local)) }
	}
	add := func(_ testing.TB, _ *soap.Envelope, d *soap.Draft) { d.Append(to) }
	none := func(testing.TB, *soap.Envelope, *soap.Draft) {}
	header := strings.Replace(signed(reference("#h", exc)), "<s:Header>", `<s:Header u:Id="h">`, 1)
	for _, c := range []struct {
		name, message string
		edit          func(testing.TB, *soap.Envelope, *soap.Draft)
		broken        string // what the error names, or ""
	}{
		{"unsigned message", prolog + epilog, replace("To"), ""},
		{"nothing changed", signed(reference("", env, exc)), none, ""},
		{"unsigned header replaced", signed(reference("#_1", exc)), replace("ReplyTo"), ""},
		{"unsigned header removed", signed(reference("#_1", exc)), remove("ReplyTo"), ""},
		{"header appended", signed(reference("#_1", exc), reference("#_body", inc)), add, ""},
		{"signed header replaced", signed(reference("#_1", exc)), replace("To"), `Reference "#_1" (element To of http://www.w3.org/2005/08/addressing)`},
		{"signed header removed", signed(reference("#_1", exc), reference("#_3", exc)), remove("ReplyTo"), `Reference "#_3" (element ReplyTo of`},
		{"Security removed", signed(reference("#_body", exc)), remove("Security"), `Signature "sig"`},
		{"everything signed", signed(reference("", env)), add, `Reference "" (whole message: empty URI)`},
		{"Header signed, appended", header, add, `Reference "#h" (element Header of`},
		{"body signed, header replaced", signed(reference("#_body", exc)), replace("To"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := decode(t, c.message)
			d := soap.NewDraft(e)
			defer d.Close()
			c.edit(t, e, d)
			expect(t, wssec.Check(d), c.broken)
		})
	}
}

func TestCheck_bridge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, message, broken string }{
		{"unsigned", prolog + epilog, ""},
		{"token", prolog + security("") + epilog, ""},
		{"body", signed(reference("#_1", exc), reference("#_body", exc)), `Reference "#_body" (element Body`},
		{"content of the body", signed(reference("#item", exc)), `Reference "#item" (in the body)`},
		{"header", signed(reference("#_1", exc)), `Reference "#_1" (element To`},
		{"attachment", signed(reference("cid:a")), `Signature "sig"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := decode(t, c.message)
			d, err := soap.Bridge(e, soap.Soap11WSAddressing10)
			require.NoError(t, err)
			defer d.Close()
			expect(t, wssec.Check(d), c.broken)
		})
	}
}

func TestCheck_noBase(t *testing.T) {
	t.Parallel()
	d := soap.FaultDraft(&soap.Fault{Reason: "no"}, soap.Soap12WSAddressing10)
	defer d.Close()
	require.NoError(t, wssec.Check(d))
}

func expect(t *testing.T, err error, broken string) {
	t.Helper()
	if broken == "" {
		require.NoError(t, err)
		return
	}
	require.Error(t, err)
	assert.Equal(t, refusal.WSSWouldBreak, refusal.Of(err))
	assert.Contains(t, err.Error(), broken)
}
