package addressing

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/testbed"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

func TestRows(t *testing.T) {
	t.Parallel()
	answers := map[string]func(*testing.T, []string) string{
		"read":        func(t *testing.T, a []string) string { return askRead(t, a, KnownOptions{}) },
		"join":        func(t *testing.T, a []string) string { return askRead(t, a, KnownOptions{JoinSplitValues: true}) },
		"refuseOther": func(t *testing.T, a []string) string { return askRead(t, a, KnownOptions{RefuseOtherVersion: true}) },
		"address":     askAddress,
		"epr":         askEPR,
		"rewrite":     askRewrite,
		"same":        askSame,
		"action":      askAction,
		"reply":       askReply,
		"fault":       askFault,
	}
	rows := testbed.ReadRows(t, "testdata/rows.txt")
	for _, row := range rows {
		fields, n := row.Fields, len(row.Fields)-1
		t.Run(fields[0]+" "+fields[2], func(t *testing.T) {
			t.Parallel()
			answer, ok := answers[fields[1]]
			require.True(t, ok, "nobody answers %q", fields[1])
			assert.Equal(t, fields[n], answer(t, fields[2:n]), row.Line)
		})
	}
	rows.Complete(t, "EPR", 1, 12)
	rows.Complete(t, "ACT", 1, 11)
	rows.Complete(t, "RPL", 1, 9)
	rows.Complete(t, "FT", 1, 14)
}

func askRead(t *testing.T, a []string, o KnownOptions) string {
	p, err := Extract(message(t, a[0], a[1]), NewKnown(o))
	if err != nil {
		return string(refusal.Of(err))
	}
	parts := []string{"ok"}
	add := func(k Kind, text string, err error) {
		if twice, ok := errors.AsType[*CardinalityError](err); ok {
			parts = []string{"twice " + twice.Kind.String()}
		} else if text != "" {
			parts = append(parts, k.String()+"="+text)
		}
	}
	to, err := p.To()
	add(KindTo, to.String(), err)
	action, err := p.Action()
	add(KindAction, string(action), err)
	relates, err := p.RelatesTo()
	add(KindRelatesTo, string(relates), err)
	reply, err := p.ReplyTo()
	if reply != nil {
		add(KindReplyTo, reply.String(), err)
	}
	if p.Mixed() {
		parts = append(parts, "mixed")
	}
	return strings.Join(parts, " ")
}

func askAddress(t *testing.T, a []string) string {
	u, err := uritable.Parse(a[0])
	if err != nil {
		_, err = New(u)
		require.ErrorIs(t, err, ErrNoURI)
		return "error"
	}
	_, err = New(u)
	require.NoError(t, err)
	return "ok"
}

func askEPR(_ *testing.T, a []string) string {
	address, _, err := ParseEPR([]byte(a[0]))
	if err != nil {
		return string(refusal.Of(err))
	}
	return address.String()
}

func askRewrite(t *testing.T, a []string) string {
	address, _, err := ParseEPR([]byte(a[0]))
	require.NoError(t, err)
	v := map[string]soap.AddressingVersion{"1.0": soap.Addressing10, "2004/08": soap.Addressing200408, "none": soap.AddressingNone}[a[1]]
	out, err := address.AppendEPR(nil, v, "EndpointReference")
	if err != nil {
		return "error"
	}
	if v != soap.AddressingNone {
		again, version, err := ParseEPR(out)
		require.NoError(t, err, string(out))
		assert.Equal(t, v, version)
		assert.True(t, address.Equal(again), "what is written reads as the same address")
	}
	return string(out)
}

func askSame(t *testing.T, a []string) string {
	var pair [2]*EndpointAddress
	for i, text := range a {
		f := strings.Fields(text)
		var headers []Header
		for _, h := range f[1:] {
			name, value, _ := strings.Cut(h, "=")
			header, err := NewHeader([]byte(`<`+name+` xmlns="urn:acme">`+value+`</`+name+`>`), nil)
			require.NoError(t, err)
			headers = append(headers, header)
		}
		var err error
		pair[i], err = New(uri(t, f[0]), headers...)
		require.NoError(t, err)
	}
	assert.Equal(t, pair[0].Equal(pair[1]), pair[1].Equal(pair[0]))
	if pair[0].Equal(pair[1]) {
		return "equal"
	}
	return "different"
}

func faultName(f *soap.Fault) string {
	name := f.Code.String()
	if len(f.Subcodes) > 0 {
		name += "/" + f.Subcodes[0].Local
	}
	return name
}

func askAction(t *testing.T, a []string) string {
	var claim Action
	if a[1] != "-" {
		var err error
		if claim, err = ParseAction(a[1]); err != nil {
			return string(refusal.Of(err))
		}
		again, err := ParseAction(FormatAction(claim))
		require.NoError(t, err)
		assert.Equal(t, claim, again, "FormatAction is the inverse")
	}
	header, required := strings.CutPrefix(a[2], "mustUnderstand ")
	headers := ""
	switch {
	case required:
		headers = `<a:Action s:mustUnderstand="1">` + header + `</a:Action>`
	case header != "-":
		headers = `<a:Action>` + header + `</a:Action>`
	}
	env := message(t, a[0], headers)
	p, err := Extract(env, nil)
	require.NoError(t, err)
	p.Adopt(uri(t, "http://h/"), claim)
	if err := MatchAction(claim, &p, env.Version); err != nil {
		return faultName(FaultFrom(err, env.Version))
	}
	if blocks := soap.NotUnderstood(env, Understands(env.Version.Addressing), []string{""}); blocks != nil {
		return faultName(NotUnderstood(env, blocks))
	}
	action, err := p.Action()
	require.NoError(t, err)
	return string(action)
}

func askReply(t *testing.T, a []string) string {
	env := message(t, a[0], a[1])
	request, err := Extract(env, nil)
	require.NoError(t, err)
	d := soap.NewMessage(env.Version, nil)
	defer d.Close()
	send, err := AddressReply(d, nil, &request, Reply{Fault: a[2] == "fault"})
	if err != nil {
		return "error " + err.Error()
	}
	if !send {
		return "unsent"
	}
	_, out := written(t, d)
	return listHeaders(t, out)
}

func askFault(t *testing.T, a []string) string {
	v, err := soap.Parse(a[1])
	require.NoError(t, err)
	var f *soap.Fault
	switch a[0] {
	case "unreachable":
		f = DestinationUnreachable(v.Addressing, "http://h/x")
	case "action":
		f = ActionNotSupported(v.Addressing, "urn:a")
	case "operation":
		f = OperationNotSupported(v.Addressing, "urn:a<b")
	case "required":
		f = HeaderRequired(v, KindAction)
	case "twice":
		f = FaultFrom(&CardinalityError{Kind: KindTo}, v)
	case "mismatch":
		f = FaultFrom(&ActionMismatchError{Claim: "urn:a", Header: "urn:b"}, v)
	case "deserialize":
		f = DeserializationFailed("no")
	case "internal":
		f = FaultFrom(errors.New("secret"), v)
		assert.NotContains(t, f.Reason, "secret")
	case "must":
		env := message(t, a[1], `<t:X s:mustUnderstand="1"/>`)
		f = NotUnderstood(env, soap.NotUnderstood(env, Understands(v.Addressing), []string{""}))
	case "ended":
		f = SessionTerminated()
	case "given", "given with action":
		given := &soap.Fault{Code: soap.Sender, Reason: "no", Subcodes: []soap.QName{{Space: "urn:s", Local: "Late"}}, Detail: []byte(`<d/>`)}
		if a[0] != "given" {
			given.Action = "urn:s/LateFault"
		}
		f = FaultFrom(given, v)
		assert.Same(t, given, f, "as given")
		request := Bare(v.Addressing)
		d := soap.FaultDraft(f, v)
		defer d.Close()
		_, err := AddressReply(d, nil, &request, Reply{Fault: true, Action: Action(f.Action)})
		require.NoError(t, err)
		_, env := written(t, d)
		return strings.TrimSpace(describe(f, v) + " " + listHeaders(t, env))
	case "duplicate":
		f = FaultFrom(&DuplicateIDError{ID: "m"}, v)
	case "anonymous":
		f = InvalidHeader(v, KindReplyTo, ProblemOnlyAnonymous)
	case "iri":
		f = WithProblemIRI(DestinationUnreachable(v.Addressing, "http://h/"), v, "http://h/")
	case "problem":
		f = WithProblemAction(ActionNotSupported(v.Addressing, "urn:a"), v, "urn:a", "urn:b")
	case "unavailable":
		f = EndpointUnavailable(v, 1500*time.Millisecond)
	}
	require.NotNil(t, f, a[0])
	_, env := written(t, soap.FaultDraft(f, v))
	isFault, _ := soap.IsFault(env)
	assert.True(t, isFault)
	return describe(f, v)
}

func describe(f *soap.Fault, v soap.Version) string {
	text := f.Code.String()
	for _, q := range f.Subcodes {
		text += "/" + map[string]string{
			wsa10NS: "a", wsa2004NS: "a", soap.NamespaceAddressingNone: "none", soap.NamespaceDispatcher: "N", "urn:s": "s",
		}[q.Space] + ":" + q.Local
	}
	switch action := Action(f.Action); action {
	case "":
	case DispatcherFault:
		text += " N/fault"
	case DefaultFaultAction(v.Addressing):
		text += " D"
	case FaultAction(v.Addressing):
		text += " F"
	default:
		text += " " + f.Action
	}
	if len(f.Detail) > 0 {
		text += " detail=" + string(f.Detail)
	}
	for _, h := range f.Headers {
		text += " header=" + string(h)
	}
	return text
}
