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
	must := strings.Replace(signed(reference("#_1", exc)), `<a:To u:Id="_1">`, `<a:To u:Id="_1" s:mustUnderstand="1">`, 1)
	header := strings.Replace(signed(reference("#h", exc)), "<s:Header>", `<s:Header u:Id="h">`, 1)
	inclusiveProof := strings.Replace(signed(reference("#_1", exc)), `<CanonicalizationMethod Algorithm="`+exc, `<CanonicalizationMethod Algorithm="`+inc, 1)
	for _, c := range []struct{ name, message, broken string }{
		{"unsigned", prolog + epilog, ""},
		{"token", prolog + security("") + epilog, ""},
		{"body", signed(reference("#_1", exc), reference("#_body", exc)), `writes Body anew, which would break Reference "#_body" (element Body`},
		{"content of the body", signed(reference("#item", exc)), `Reference "#item" (in the body)`},
		{"everything", signed(reference("", env, exc)), `Reference "" (whole message`},
		{"headers that leave as they came", signed(reference("#_1", exc), reference("#_0", exc), reference("#tok", exc), reference("#tenant", exc)), ""},
		{"attachment", signed(reference("cid:a", exc)), ""},
		{"inclusive", signed(reference("#_1", inc)), `declares a prefix around Reference "#_1" (element To`},
		{"no transform", signed(reference("#_1")), `Reference "#_1" (element To`},
		{"SignedInfo by inclusive", inclusiveProof, `declares a prefix around Signature "sig"`},
		{"mustUnderstand is signed", must, `Reference "#_1" (element To`},
		{"Header is signed", header, `Reference "#h" (element Header`},
		{"Action with mustUnderstand", signed(reference("#_2", exc)), `Reference "#_2" (element Action`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := decode(t, c.message)
			d, err := soap.Bridge(e, soap.Soap11WSAddressing10)
			require.NoError(t, err)
			defer d.Close()
			expect(t, wssec.Check(d), c.broken)
			if c.broken != "" || !strings.Contains(c.message, "<Signature") {
				return
			}
			d.Remove(block(t, e, "To"))
			if strings.Contains(c.message, `URI="#_1"`) {
				expect(t, wssec.Check(d), `Reference "#_1" (element To`)
			}
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
