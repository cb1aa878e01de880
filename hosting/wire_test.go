package hosting_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/httpchan"
	"github.com/viaduct-soap/viaduct/binding/textxml"
	"github.com/viaduct-soap/viaduct/endpoint"
	"github.com/viaduct-soap/viaduct/hosting"
	"github.com/viaduct-soap/viaduct/internal/builtin"
	"github.com/viaduct-soap/viaduct/internal/testbed"
	"github.com/viaduct-soap/viaduct/soap"
)

// services are what the rows name.
func serviceOf(tb testing.TB, name string) (*endpoint.Contract, hosting.Service) {
	tb.Helper()
	calculator, err := builtin.New("calculator")
	require.NoError(tb, err)
	broken := func(_ context.Context, req *binding.Request) (*binding.Reply, error) {
		req.Release()
		return nil, errors.New("secret of the machine")
	}
	h := map[string]binding.Handler{"calculator": calculator, "broken": binding.HandlerFunc(broken), "seen": binding.HandlerFunc(seen)}[name]
	if h == nil {
		h = binding.HandlerFunc(echo)
	}
	s := hosting.Service{Name: name, Handler: h, Router: name == "router"}
	switch name {
	case "place", "broken":
		return place(false), s
	case "oneway":
		return place(true), s
	case "seen":
		c, err := endpoint.NewContract("ISeen", []endpoint.Operation{{Action: "urn:a"}, {Action: "urn:a b"}})
		require.NoError(tb, err)
		return c, s
	case "reply":
		c, err := endpoint.NewContract("IOrders", []endpoint.Operation{{Action: "urn:orders/Place", ReplyAction: "urn:orders/Placed"}})
		require.NoError(tb, err)
		return c, s
	default:
		return anyAction(), s
	}
}

// seen answers with the action by which a message was dispatched.
func seen(_ context.Context, req *binding.Request) (*binding.Reply, error) {
	defer req.Release()
	a, err := req.Properties.Action()
	if err != nil {
		return nil, err
	}
	return &binding.Reply{Draft: soap.NewMessage(req.Envelope.Version, []byte(`<Seen xmlns="urn:orders">`+string(a)+`</Seen>`))}, nil
}

// server is a dispatch behind a real front.
type server struct {
	*rig
	address string
}

// serve puts a rig on a free port of the loopback. It listens at
// http://edge:8000/orders, whatever the connection's address is.
func serve(tb testing.TB, v soap.Version, service string) *server {
	tb.Helper()
	c, s := serviceOf(tb, service)
	r := newRig(tb, v, c, s)
	r.ExplainTo = nil
	snapshot := hosting.NewSnapshot()
	require.NoError(tb, snapshot.Add(parse(tb, "http://edge:8000/orders"), &binding.Listener{
		Name: "orders", Binding: r.binding, Encoder: textxml.New(v, binding.UTF8),
		Limits: soap.Limits{Message: 64 << 10}, Handler: r.Dispatch, Fault: r.Fault,
	}))
	r.Host.Swap(snapshot)
	front := httpchan.NewFront(r.Host, httpchan.FrontOptions{})
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	served := make(chan error, 1)
	go func() { served <- front.Serve(context.Background(), l) }()
	tb.Cleanup(func() {
		require.NoError(tb, front.Close())
		require.NoError(tb, <-served)
		require.NoError(tb, r.Host.Drain(context.Background()))
	})
	return &server{r, l.Addr().String()}
}

// send sends a message as a client of version v does; claim is the action on the
// wire, "-" for none.
func (s *server) send(tb testing.TB, method, path, contentType, claim, message string) *http.Response {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), method, "http://"+s.address+path, strings.NewReader(message))
	require.NoError(tb, err)
	req.Host = "edge:8000"
	if claim != "-" && s.Version.Envelope == soap.SOAP12 {
		contentType += "; action=" + claim
	} else if claim != "-" {
		req.Header.Set("SOAPAction", claim)
	}
	req.Header.Set("Content-Type", contentType)
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	require.NoError(tb, err)
	return res
}

// described tells a response in the words of the rows.
func described(tb testing.TB, res *http.Response, v soap.Version) string {
	tb.Helper()
	text, err := io.ReadAll(res.Body)
	require.NoError(tb, err)
	answer := strconv.Itoa(res.StatusCode)
	if allow := res.Header.Get("Allow"); allow != "" {
		answer += " Allow: " + allow
	}
	if len(text) == 0 {
		return answer
	}
	assert.NotContains(tb, string(text), "secret")
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/xml") {
		v.Envelope = soap.SOAP11
	}
	env, err := soap.Decode(tb.Context(), strings.NewReader(string(text)), soap.DecodeOptions{Version: v, Size: int64(len(text))})
	require.NoError(tb, err, string(text))
	defer env.Release()
	p, err := addressing.Extract(env, nil)
	require.NoError(tb, err, string(text))
	a, err := p.Action()
	require.NoError(tb, err)
	if fault, _ := soap.IsFault(env); fault {
		answer += " " + faultText(tb, env, string(text))
	}
	switch {
	case a == "":
	case a == addressing.DefaultFaultAction(v.Addressing):
		answer += " D"
	case a == addressing.FaultAction(v.Addressing):
		answer += " F"
	case a == addressing.DispatcherFault:
		answer += " N/fault"
	default:
		answer += " " + string(a)
	}
	return answer + headersOf(tb, &p, string(text))
}

// headersOf tells which other headers a reply has, and what the service wrote.
func headersOf(tb testing.TB, p *addressing.Properties, text string) (list string) {
	tb.Helper()
	for _, k := range []addressing.Kind{addressing.KindRelatesTo, addressing.KindMessageID, addressing.KindReplyTo, addressing.KindFaultTo} {
		if p.Has(k) {
			list += " " + k.String()
		}
	}
	if to, err := p.To(); err == nil && to.String() == "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous" {
		list += " To=anonymous"
	} else if err == nil && !to.IsZero() {
		list += " To=" + to.String()
	}
	for _, parameter := range []string{"<c:C", "<c:F"} {
		if strings.Contains(text, parameter) {
			list += " " + parameter[3:]
		}
	}
	if _, after, ok := strings.Cut(text, `<Seen xmlns="urn:orders">`); ok {
		seen, _, _ := strings.Cut(after, "</Seen>")
		list += " Action=" + seen
	}
	return list
}

func faultText(tb testing.TB, env *soap.Envelope, text string) string {
	tb.Helper()
	f, err := soap.ReadFault(tb.Context(), env)
	require.NoError(tb, err)
	name := f.Code.String()
	for _, s := range f.Subcodes {
		name += "/" + s.Local
	}
	for _, part := range []string{"ProblemHeaderQName", "NotUnderstood", "Upgrade", "<string"} {
		if strings.Contains(text, part) {
			name += " " + strings.TrimPrefix(part, "<")
		}
	}
	return name
}

// TestWire sends the rows over HTTP to the real front, encoder and dispatch.
func TestWire(t *testing.T) {
	t.Parallel()
	macros := strings.NewReplacer("$to", to, "$action", action, "$id", id,
		"$sla", `<q:Sla xmlns:q="urn:ext" s:mustUnderstand="1"/>`, "$C", `<a:ReferenceParameters><c:C xmlns:c="urn:c">9</c:C></a:ReferenceParameters>`,
		"$F", `<a:ReferenceParameters><c:F xmlns:c="urn:c">9</c:F></a:ReferenceParameters>`,
		"$anonymous", `<a:Address>http://www.w3.org/2005/08/addressing/anonymous</a:Address>`,
		"$none", `<a:Address>http://www.w3.org/2005/08/addressing/none</a:Address>`)
	rows := testbed.ReadRows(t, "testdata/wire.txt")
	for _, r := range rows {
		f := r.Fields
		require.Len(t, f, 8, r.Line)
		for version := range strings.SplitSeq(f[1], " ") {
			t.Run(f[0]+" "+version, func(t *testing.T) {
				t.Parallel()
				v, err := soap.Parse(version)
				require.NoError(t, err)
				service, option, _ := strings.Cut(f[2], " ")
				s := serve(t, v, service)
				s.VersionMismatch, s.ViaForTo = option == "mismatch", option == "via"
				if option == "explain" {
					s.ExplainTo = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
				}
				method, path, _ := strings.Cut(f[3], " ")
				contentType, sent := binding.ContentType(v.Envelope, binding.UTF8), message(v, macros.Replace(f[5]), f[6])
				if other, ok := strings.CutPrefix(f[6], "type "); ok {
					contentType, sent = other, message(v, macros.Replace(f[5]), "")
				} else if raw, ok := strings.CutPrefix(f[6], "raw "); ok {
					sent = raw
				}
				res := s.send(t, method, path, contentType, f[4], sent)
				defer func() { _ = res.Body.Close() }()
				assert.Equal(t, f[7], described(t, res, v), r.Line)
			})
		}
	}
	rows.Complete(t, "FT", 1, 2)
	rows.Complete(t, "FT", 4, 12)
	rows.Complete(t, "FT", 14, 14)
	rows.Complete(t, "ACT", 1, 11)
	rows.Complete(t, "RPL", 1, 9)
	rows.Complete(t, "LSN", 5, 6)
}
