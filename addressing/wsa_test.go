package addressing

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// versions are those that a binding can have over a wire.
var versions = []soap.Version{
	soap.Soap11, soap.Soap12, soap.Soap11WSAddressing10, soap.Soap12WSAddressing10,
	soap.Soap11WSAddressingAugust2004, soap.Soap12WSAddressingAugust2004,
}

// faults are all that this package makes, in one version.
func faults(v soap.Version) map[string]*soap.Fault {
	m := map[string]*soap.Fault{
		"DestinationUnreachable":             DestinationUnreachable(v.Addressing, "http://h/<x>"),
		"DestinationUnreachable without To":  DestinationUnreachable(v.Addressing, ""),
		"DestinationUnreachable, ProblemIRI": WithProblemIRI(DestinationUnreachable(v.Addressing, "http://h/<x>"), v, "http://h/<x>"),
		"ActionNotSupported":                 ActionNotSupported(v.Addressing, "urn:a"),
		"ActionNotSupported, ProblemAction":  WithProblemAction(ActionNotSupported(v.Addressing, "urn:a"), v, "urn:a&", "urn:b"),
		"ActionNotSupported, no action":      WithProblemAction(ActionNotSupported(v.Addressing, ""), v, "", "urn:b"),
		"OperationNotSupported":              OperationNotSupported(v.Addressing, "urn:a"),
		"HeaderRequired":                     HeaderRequired(v, KindAction),
		"InvalidCardinality":                 InvalidCardinality(v, KindTo),
		"ActionMismatch":                     (&ActionMismatchError{Claim: "urn:a", Header: "urn:b"}).Fault(v),
		"ActionMismatch, ProblemAction":      WithProblemAction(InvalidHeader(v, KindAction, ProblemActionMismatch), v, "urn:a", "urn:b"),
		"DuplicateMessageID":                 (&DuplicateIDError{ID: "m1"}).Fault(v),
		"ReplyAddress":                       (&ReplyAddressError{Kind: KindReplyTo}).Fault(v),
		"DeserializationFailed":              DeserializationFailed("no"),
		"SessionTerminated":                  SessionTerminated(),
		"InternalServiceFault":               InternalServiceFault(),
		"EndpointUnavailable":                EndpointUnavailable(v, 0),
		"EndpointUnavailable, RetryAfter":    WithProblemIRI(EndpointUnavailable(v, time.Second), v, "http://h/"),
	}
	for _, p := range []Problem{
		ProblemInvalidAddress, ProblemInvalidEPR, ProblemCardinality, ProblemMissingAddress, ProblemDuplicateID,
		ProblemActionMismatch, ProblemOnlyAnonymous, ProblemOnlyNonAnonymous,
	} {
		m["InvalidAddressingHeader/"+string(p)] = InvalidHeader(v, KindReplyTo, p)
	}
	return m
}

// TestFaults writes every fault in every version, checks it by the schemas, and
// bridges it to every other version, where it is checked again.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, v := range versions {
		t.Run(v.String(), func(t *testing.T) {
			t.Parallel()
			request := Bare(v.Addressing)
			request.messageID, request.index[KindMessageID] = []byte("urn:uuid:1"), 1
			for name, f := range faults(v) {
				d := soap.FaultDraft(f, v)
				send, err := AddressReply(d, nil, &request, Reply{Fault: true, Action: Action(f.Action)})
				require.NoError(t, err)
				require.True(t, send)
				text, env := written(t, d)
				d.Close()
				require.NoError(t, checkFaultXML(text, parseXML(t, text), v), "%s: %s", name, text)
				for _, to := range versions {
					checkBridged(t, name, env, f, to)
				}
			}
		})
	}
}

// checkBridged bridges a fault; the class of its code, its reason and what it
// says of headers arrive.
func checkBridged(t *testing.T, name string, env *soap.Envelope, f *soap.Fault, to soap.Version) {
	t.Helper()
	p, err := ExtractReply(env)
	require.NoError(t, err)
	d, action, err := Bridge(context.Background(), env, &p, to)
	require.NoError(t, err)
	defer d.Close()
	request := Bare(to.Addressing)
	_, err = AddressReply(d, &p, &request, Reply{Fault: true, Action: action})
	require.NoError(t, err)
	text, out := written(t, d)
	require.NoError(t, checkFaultXML(text, parseXML(t, text), to), "%s to %s: %s", name, to, text)
	got, err := soap.ReadFault(context.Background(), out)
	require.NoError(t, err)
	assert.Equal(t, f.Code, got.Code, "%s to %s: %s", name, to, text)
	assert.Equal(t, f.Reason, got.Reason)
	if len(f.Subcodes) > 0 {
		require.NotEmpty(t, got.Subcodes, "%s to %s: %s", name, to, text)
		if f.Subcodes[0].Space != soap.NamespaceDispatcher {
			assert.Equal(t, to.Addressing.Namespace(), got.Subcodes[0].Space)
		}
	}
	if to.Addressing == soap.AddressingNone {
		assert.Empty(t, out.Blocks(), "no header of addressing is left")
		return
	}
	props, err := ExtractReply(out)
	require.NoError(t, err)
	wrote, err := props.Action()
	require.NoError(t, err)
	if f.Action != "" && env.Version.Addressing != soap.AddressingNone && env.Version.Addressing != soap.Addressing200408 {
		want := translateFaultAction(Action(f.Action), env.Version.Addressing, to.Addressing)
		if len(f.Subcodes) > 1 || f.Subcodes[0].Local != "ActionNotSupported" { // FT-03 has D, its translation F
			assert.Equal(t, want, wrote, "%s to %s", name, to)
		}
	}
}

// TestRequests sends each kind of request through both versions of SOAP and of
// addressing, and looks at the headers of the answer and of its fault.
func TestRequests(t *testing.T) {
	t.Parallel()
	const (
		action = `<a:Action>urn:a</a:Action>`
		id     = `<a:MessageID>urn:uuid:1</a:MessageID>`
	)
	reference := func(header, address, parameters string) string {
		return `<a:` + header + `><a:Address>` + address + `</a:Address>` + parameters + `</a:` + header + `>`
	}
	parameters := func(name string) string {
		return `<a:ReferenceParameters><t:` + name + `>9</t:` + name + `></a:ReferenceParameters>`
	}
	for _, v := range versions {
		if v.Addressing == soap.AddressingNone {
			continue
		}
		anonymous, old := anonymousText(v.Addressing), v.Addressing == soap.Addressing200408
		to, mark := "", "(marked)"
		if old {
			to, mark = " To="+anonymous200408, ""
		}
		failed := " Action=" + string(DefaultFaultAction(v.Addressing))
		for _, c := range []struct {
			name, headers, reply, fault string
			only10                      bool
		}{
			{"action only", action, "Action=urn:aResponse", failed, false},
			{"MessageID", action + id, "Action=urn:aResponse RelatesTo=urn:uuid:1", failed + " RelatesTo=urn:uuid:1", false},
			{"ReplyTo anonymous", action + id + reference("ReplyTo", anonymous, ""), "Action=urn:aResponse RelatesTo=urn:uuid:1", failed + " RelatesTo=urn:uuid:1", false},
			{"ReplyTo anonymous with parameters", action + reference("ReplyTo", anonymous, parameters("R")), "Action=urn:aResponse R=9", failed + " R=9", false},
			{"ReplyTo other", action + reference("ReplyTo", "http://c/", parameters("R")), "Action=urn:aResponse R=9", failed + " R=9", false},
			{"ReplyTo none", action + reference("ReplyTo", none10, ""), "unsent", "unsent", true},
			{"FaultTo anonymous", action + reference("ReplyTo", "http://c/", parameters("R")) + reference("FaultTo", anonymous, ""), "Action=urn:aResponse R=9", failed + " R=9", false},
			{"FaultTo other", action + reference("ReplyTo", "http://c/", parameters("R")) + reference("FaultTo", "http://f/", parameters("F")), "Action=urn:aResponse R=9", failed + " F=9", false},
			{"FaultTo none", action + reference("FaultTo", none10, ""), "Action=urn:aResponse", "unsent", true},
			{"no Action", id, "Action=Response RelatesTo=urn:uuid:1", failed + " RelatesTo=urn:uuid:1", false},
			{"ReplyTo twice", action + reference("ReplyTo", anonymous, "") + reference("ReplyTo", anonymous, ""), "twice ReplyTo", failed, false},
			{"FaultTo twice", action + reference("FaultTo", anonymous, "") + reference("FaultTo", anonymous, ""), "Action=urn:aResponse", failed, false},
			{"MessageID twice", action + id + id, "twice MessageID", failed + " RelatesTo=urn:uuid:1", false},
			{"From twice", action + reference("From", anonymous, "") + reference("From", anonymous, ""), "Action=urn:aResponse", failed, true},
			{"RelatesTo twice", action + `<a:RelatesTo>x</a:RelatesTo><a:RelatesTo>y</a:RelatesTo>`, "Action=urn:aResponse", failed, false},
		} {
			if c.only10 && old {
				continue
			}
			for _, fault := range []bool{false, true} {
				want := c.reply
				if fault {
					want = strings.TrimSpace(c.fault)
				}
				// To stands before the reference parameters in 2004/08.
				if to != "" && strings.HasPrefix(want, "Action=") {
					want = insertTo(want, to)
				}
				want = strings.NewReplacer("R=9", "R=9"+mark, "F=9", "F=9"+mark).Replace(want)
				assert.Equal(t, want, answerTo(t, v, c.headers, fault), "%s, %s, fault %v", v, c.name, fault)
			}
		}
	}
}

// insertTo puts To behind the last of Action and RelatesTo.
func insertTo(want, to string) string {
	fields := strings.Fields(want)
	n := slices.IndexFunc(fields, func(f string) bool { return strings.HasSuffix(f, "=9") })
	if n < 0 {
		n = len(fields)
	}
	return strings.Join(slices.Insert(fields, n, strings.TrimSpace(to)), " ")
}

func answerTo(t *testing.T, v soap.Version, headers string, fault bool) string {
	t.Helper()
	request, err := Extract(message(t, v.String(), headers), nil)
	require.NoError(t, err)
	d := soap.NewMessage(v, nil)
	defer d.Close()
	send, err := AddressReply(d, nil, &request, Reply{Fault: fault})
	if twice, ok := errors.AsType[*CardinalityError](err); ok {
		return "twice " + twice.Kind.String()
	}
	require.NoError(t, err)
	if !send {
		return "unsent"
	}
	_, out := written(t, d)
	return listHeaders(t, out)
}

func TestWindow(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(d time.Duration) time.Time { return start.Add(d) }
	w := NewWindow(time.Minute, 3)
	const guid = "urn:uuid:0B9F2C0E-8f0d-4a51-8a43-1f6d6f0f1c01"
	require.NoError(t, w.Check(at(0), guid))
	err := w.Check(at(time.Second), MessageID(strings.ToLower(guid)))
	var again *DuplicateIDError
	require.ErrorAs(t, err, &again, "UUIDs compare without case")
	assert.Equal(t, refusal.WSADuplicateID, refusal.Of(err))
	assert.Equal(t, "Sender/a:InvalidAddressingHeader/a:DuplicateMessageID F detail=<a:ProblemHeaderQName xmlns:a=\""+wsa10NS+"\">a:MessageID</a:ProblemHeaderQName>",
		describe(FaultFrom(err, soap.Soap12WSAddressing10), soap.Soap12WSAddressing10))
	require.NoError(t, w.Check(at(time.Second), "A"))
	require.NoError(t, w.Check(at(time.Second), "a"), "other identifiers are opaque")
	require.NoError(t, w.Check(at(2*time.Second), ""), "a message without one passes")
	require.NoError(t, w.Check(at(2*time.Second), "b"))
	require.NoError(t, w.Check(at(3*time.Second), guid), "the oldest is forgotten when the window is full")
	require.NoError(t, w.Check(at(time.Hour), "b"), "and every one when it is old")
	require.Error(t, w.Check(at(time.Hour+59*time.Second), "b"))
	for i := range 10_000 {
		require.NoError(t, w.Check(at(2*time.Hour), MessageID(string(rune('A'+i%26))+strings.Repeat("x", i%7)+time.Duration(i).String())))
		require.LessOrEqual(t, len(w.ring), 2*w.most+1, "the list does not grow")
	}
}

func TestReplyTarget(t *testing.T) {
	t.Parallel()
	allowed, err := NewReplyTargets([]uritable.URI{uri(t, "https://callbacks.example/wcf/"), uri(t, "http://10.0.0.7:8080")})
	require.NoError(t, err)
	for text, want := range map[string]bool{
		"https://callbacks.example/wcf":            true,
		"https://CALLBACKS.example:443/wcf/a?x=1":  true,
		"http://10.0.0.7:8080/any/where":           true,
		"https://callbacks.example/wcf2":           false,
		"https://callbacks.example/WCF/a":          false,
		"https://callbacks.example/wcf/../admin":   false,
		"https://callbacks.example/wcf/..%2fadmin": false,
		"https://callbacks.example/wcf/%252e":      false,
		"http://callbacks.example/wcf/":            false,
		"https://callbacks.example:444/wcf/":       false,
		"https://evil.callbacks.example/wcf/":      false,
		"https://user@callbacks.example/wcf/":      false,
		"http://10.0.0.7/":                         false,
		"net.tcp://callbacks.example/wcf/":         false,
		"urn:x":                                    false,
	} {
		assert.Equal(t, want, allowed.Allow(uri(t, text)), text)
	}
	var none *ReplyTargets
	assert.False(t, none.Allow(uri(t, "http://10.0.0.7:8080/")))
	for _, text := range []string{"urn:x", "ftp://h/", "http://h/?q=1", "http://u@h/"} {
		_, err := NewReplyTargets([]uritable.URI{uri(t, text)})
		require.ErrorIs(t, err, ErrReplyTarget, text)
	}
}

// TestReplyTarget_deliver is RPL-04 where the settings allow the address: the
// answer becomes a message of its own.
func TestReplyTarget_deliver(t *testing.T) {
	t.Parallel()
	allowed, err := NewReplyTargets([]uritable.URI{uri(t, "http://client/")})
	require.NoError(t, err)
	const headers = `<a:Action>urn:a</a:Action><a:MessageID>m1</a:MessageID><a:ReplyTo><a:Address>http://client/cb</a:Address>` +
		`<a:ReferenceParameters><t:C>9</t:C></a:ReferenceParameters></a:ReplyTo><a:FaultTo><a:Address>http://elsewhere/</a:Address></a:FaultTo>`
	for _, v := range versions {
		if v.Addressing == soap.AddressingNone {
			continue
		}
		env := message(t, v.String(), headers)
		request, err := Extract(env, nil)
		require.NoError(t, err)
		assert.Nil(t, ReplyTarget(&request, true, allowed), "FaultTo is not allowed")
		assert.Nil(t, ReplyTarget(&request, false, nil))
		target := ReplyTarget(&request, false, allowed)
		require.NotNil(t, target)
		for _, back := range versions {
			if back.Envelope != v.Envelope {
				continue
			}
			answer := message(t, back.String(), `<a:Action>urn:r</a:Action><a:To>http://x/</a:To><a:ReplyTo><a:Address>http://x/</a:Address></a:ReplyTo>`)
			props, err := ExtractReply(answer)
			require.NoError(t, err)
			d, err := soap.Bridge(answer, v)
			require.NoError(t, err)
			r := Reply{To: target}
			send, err := AddressReply(d, &props, &request, r)
			require.NoError(t, err)
			assert.True(t, send)
			_, out := written(t, d)
			d.Close()
			p, err := Extract(out, nil)
			require.NoError(t, err)
			to, _ := p.To()
			relates, _ := p.RelatesTo()
			action, _ := p.Action()
			assert.Equal(t, "http://client/cb m1", to.String()+" "+string(relates))
			assert.Equal(t, r.ActionOf(&props, &request), action)
			assert.False(t, p.Has(KindReplyTo))
			assert.Contains(t, listHeaders(t, out), "C=9")
		}
	}
	plain := Bare(soap.AddressingNone)
	assert.Nil(t, ReplyTarget(&plain, false, allowed))
}

func TestProperties_CheckReplyAddresses(t *testing.T) {
	t.Parallel()
	const peer = "http://client/cb"
	address := func(k, a string) string { return `<a:` + k + `><a:Address>` + a + `</a:Address></a:` + k + `>` }
	for _, c := range []struct {
		name, version, headers, remote string
		want                           string
	}{
		{"reply channel", "Soap12WSAddressing10", address("ReplyTo", "http://anywhere/"), "", ""},
		{"reply channel, none", "Soap12WSAddressing10", address("ReplyTo", none10), "", "wsa.none"},
		{"reply channel, FaultTo none", "Soap12WSAddressing10", address("FaultTo", none10), "", ""},
		{"duplex, nothing said", "Soap12WSAddressing10", "", peer, ""},
		{"duplex, anonymous", "Soap12WSAddressing10", address("ReplyTo", anonymous10), peer, ""},
		{"duplex, the peer", "Soap12WSAddressing10", address("ReplyTo", peer) + address("FaultTo", peer), peer, ""},
		{"duplex, another ReplyTo", "Soap12WSAddressing10", address("ReplyTo", peer+"2"), peer, "wsa.unreachable"},
		{"duplex, another FaultTo", "Soap11WSAddressing10", address("FaultTo", "http://x/"), peer, "wsa.unreachable"},
		{"duplex, another From", "Soap12WSAddressing10", address("From", "http://x/"), peer, ""},
		{"duplex, another From of 2004/08", "Soap12WSAddressingAugust2004", address("From", "http://x/"), peer, "wsa.unreachable"},
		{"duplex, none", "Soap12WSAddressing10", address("ReplyTo", none10), peer, "wsa.unreachable"},
		{"twice", "Soap12WSAddressing10", address("ReplyTo", peer) + address("ReplyTo", peer), peer, "wsa.cardinality"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := Extract(message(t, c.version, c.headers), nil)
			require.NoError(t, err)
			var remote uritable.URI
			if c.remote != "" {
				remote = uri(t, c.remote)
			}
			err = p.CheckReplyAddresses(remote)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			assert.Equal(t, c.want, string(refusal.Of(err)), err)
		})
	}
}

func TestProperties_AdoptTo(t *testing.T) {
	t.Parallel()
	via := uri(t, "http://edge/in")
	for _, c := range []struct{ version, headers, want string }{
		{"Soap12WSAddressing10", "", "http://edge/in"},
		{"Soap12WSAddressing10", `<a:To>` + anonymous10 + `</a:To>`, "http://edge/in"},
		{"Soap12WSAddressingAugust2004", `<a:To>` + anonymous200408 + `</a:To>`, "http://edge/in"},
		{"Soap12WSAddressing10", `<a:To>http://other/</a:To>`, "http://other/"},
		{"Soap11", "", ""},
	} {
		p, err := Extract(message(t, c.version, c.headers), nil)
		require.NoError(t, err)
		p.AdoptTo(via)
		to, err := p.To()
		require.NoError(t, err)
		assert.Equal(t, c.want, to.String(), c.headers)
	}
}

// T-WSA-06: what comes back as headers is limited.
func TestReadEPR_parameters(t *testing.T) {
	t.Parallel()
	epr := func(n, size int) []byte {
		p := strings.Repeat(`<t:P xmlns:t="urn:t">`+strings.Repeat("x", size)+`</t:P>`, n)
		return []byte(`<a:ReplyTo xmlns:a="` + wsa10NS + `"><a:Address>http://h/</a:Address><a:ReferenceParameters>` + p + `</a:ReferenceParameters></a:ReplyTo>`)
	}
	const rest = len(`<t:P xmlns:t="urn:t"></t:P>`)
	for _, c := range []struct {
		n, size int
		ok      bool
	}{{MaxParameters, 1, true}, {MaxParameters + 1, 1, false}, {1, MaxParameterOctets - rest, true}, {1, MaxParameterOctets - rest + 1, false}} {
		_, err := ReadEPR(epr(c.n, c.size), nil, soap.Addressing10)
		if c.ok {
			require.NoError(t, err)
			continue
		}
		assert.Equal(t, refusal.WSAEPR, refusal.Of(err))
	}
}

// A fault that is still arriving is held before it is rebuilt, whatever its
// length, and nothing of it is cut.
func TestBridge_arrivingFault(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300_000)
	text := `<s:Envelope xmlns:s="` + soap.Namespace11 + `"><s:Body><s:Fault><faultcode>s:Server</faultcode><faultstring>` + long + `</faultstring></s:Fault></s:Body></s:Envelope>`
	env, err := soap.Decode(context.Background(), strings.NewReader(text), soap.DecodeOptions{
		Version: soap.Soap11, Size: int64(len(text)), Limits: soap.Limits{Message: 1 << 20}, Needs: soap.Needs{Streamed: true},
	})
	require.NoError(t, err)
	defer env.Release()
	require.Equal(t, soap.Once, env.Body.State())
	p := Bare(soap.AddressingNone)
	d, action, err := Bridge(context.Background(), env, &p, soap.Soap12WSAddressing10)
	require.NoError(t, err)
	defer d.Close()
	assert.Equal(t, soapFault10, action)
	var b strings.Builder
	_, err = d.WriteTo(&b)
	require.NoError(t, err)
	assert.Contains(t, b.String(), long)
}

// Another relationship than reply has no translation; the reply's is kept.
func TestBridge_relationships(t *testing.T) {
	t.Parallel()
	env := message(t, "Soap12WSAddressing10", `<a:Action>urn:a</a:Action><a:RelatesTo RelationshipType="urn:other">m0</a:RelatesTo><a:RelatesTo>m1</a:RelatesTo>`)
	p, err := Extract(env, nil)
	require.NoError(t, err)
	o, err := NewOutbound(&EndpointAddress{URI: uri(t, "http://b/")}, soap.Soap12WSAddressingAugust2004)
	require.NoError(t, err)
	d, _, err := Bridge(context.Background(), env, &p, soap.Soap12WSAddressingAugust2004)
	require.NoError(t, err)
	defer d.Close()
	require.NoError(t, o.Apply(d, &p, Request{}))
	_, out := written(t, d)
	assert.Equal(t, "Action=urn:a RelatesTo=m1 To=http://b/", listHeaders(t, out))
}

// Step A: headers of the addressing namespace that are no properties go, those
// for another role stay.
func TestOutbound_Apply_others(t *testing.T) {
	t.Parallel()
	env := message(t, "Soap12WSAddressing10", `<a:Action>urn:a</a:Action><a:FaultDetail/><a:Other s:role="urn:r"/><a:RelatesTo RelationshipType="urn:other">m0</a:RelatesTo>`)
	p, err := Extract(env, nil)
	require.NoError(t, err)
	o, err := NewOutbound(&EndpointAddress{URI: uri(t, "http://b/")}, env.Version)
	require.NoError(t, err)
	d := soap.NewDraft(env)
	defer d.Close()
	require.NoError(t, o.Apply(d, &p, Request{}))
	_, out := written(t, d)
	assert.Equal(t, "Action=urn:a Other= RelatesTo=m0 To=http://b/", listHeaders(t, out))
}

// manualAddressing: what the version cannot say is an error, not silence.
func TestOutbound_Apply_manual(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, headers, want string
		err                 error
	}{
		{
			"addresses", `<a:To>` + anonymous10 + `</a:To><a:From><a:Address>http://f/</a:Address></a:From><a:FaultTo><a:Address>` + anonymous10 + `</a:Address></a:FaultTo>`,
			"From=... FaultTo=... To=" + anonymous200408, nil,
		},
		{"none", `<a:ReplyTo><a:Address>` + none10 + `</a:Address></a:ReplyTo>`, "", ErrNoneAddress},
		{"twice", `<a:From><a:Address>http://f/</a:Address></a:From><a:From><a:Address>http://f/</a:Address></a:From>`, "", &CardinalityError{Kind: KindFrom}},
	} {
		env := message(t, "Soap12WSAddressing10", c.headers)
		p, err := Extract(env, nil)
		require.NoError(t, err)
		o, err := NewOutbound(&EndpointAddress{URI: uri(t, "http://b/")}, soap.Soap12WSAddressingAugust2004)
		require.NoError(t, err)
		d := soap.NewDraft(env)
		err = o.Apply(d, &p, Request{Manual: true, Reply: true})
		if c.err == nil {
			require.NoError(t, err, c.name)
			_, out := written(t, d)
			assert.Equal(t, c.want, listHeaders(t, out), c.name)
		} else {
			assert.Equal(t, c.err, err, c.name)
		}
		d.Close()
	}
}
