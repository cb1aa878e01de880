package hosting_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/hosting"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// mailbox is a deliverer that keeps what it gets.
type mailbox struct {
	got  []string // target, action, message
	fail error
}

func (m *mailbox) Deliver(_ context.Context, d *soap.Draft, a addressing.Action, target *addressing.EndpointAddress) error {
	defer d.Close()
	var b strings.Builder
	_, err := d.WriteTo(&b)
	m.got = append(m.got, target.String(), string(a), b.String())
	return errors.Join(err, m.fail)
}

func TestDispatch_replyTo(t *testing.T) {
	t.Parallel()
	const listed = `<a:Address>http://client.example/cb/1</a:Address><a:ReferenceParameters><c:C xmlns:c="urn:c">9</c:C></a:ReferenceParameters>`
	for _, c := range []struct {
		name, headers string
		version       soap.Version
		off           bool
		fail          error
		delivered     []string // parts of what was delivered
		answer        string   // part of what went back on the connection
	}{
		{
			name: "a listed address", version: soap.Soap12WSAddressing10, headers: to + action + id + `<a:ReplyTo>` + listed + `</a:ReplyTo>`,
			delivered: []string{"http://client.example/cb/1", "urn:orders/PlaceResponse", ">http://client.example/cb/1</a:To>", "RelatesTo", "<c:C"},
		},
		{
			name: "in 2004/08", version: soap.Soap11WSAddressingAugust2004, headers: to + action + id + `<a:ReplyTo><a:Address>http://client.example/cb</a:Address></a:ReplyTo>`,
			delivered: []string{"http://client.example/cb", "urn:orders/PlaceResponse", ">http://client.example/cb</a:To>"},
		},
		{
			name: "a fault", version: soap.Soap12WSAddressing10, headers: `<a:To>http://edge:8000/ordres</a:To>` + action + id + `<a:FaultTo>` + listed + `</a:FaultTo>`,
			delivered: []string{"http://client.example/cb/1", string(addressing.DefaultFaultAction(soap.Addressing10)), "DestinationUnreachable"},
		},
		{
			name: "RPL-04 an address that is not listed", version: soap.Soap12WSAddressing10, headers: to + action + id + `<a:ReplyTo><a:Address>http://victim/</a:Address></a:ReplyTo>`,
			answer: "RelatesTo",
		},
		{
			name: "RPL-04 nothing is listed", version: soap.Soap12WSAddressing10, headers: to + action + id + `<a:ReplyTo>` + listed + `</a:ReplyTo>`, off: true,
			answer: "RelatesTo",
		},
		{
			name: "it cannot be delivered", version: soap.Soap12WSAddressing10, headers: to + action + id + `<a:ReplyTo>` + listed + `</a:ReplyTo>`, fail: errors.New("refused"),
			delivered: []string{"http://client.example/cb/1"}, answer: "InternalServiceFault",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.version, place(false), hosting.Service{Handler: binding.HandlerFunc(echo)})
			box := &mailbox{fail: c.fail}
			targets, err := addressing.NewReplyTargets([]uritable.URI{parse(t, "http://client.example/cb")})
			require.NoError(t, err)
			if r.ReplyTargets = targets; !c.off {
				r.ReplyTo = box
			}
			reply, _ := r.answer(t, r.receive(t, message(c.version, c.headers, "<x/>"), ""))
			if reply != nil {
				assert.Nil(t, reply.To, "transports send answers back")
			}
			assert.Equal(t, c.delivered == nil, len(box.got) == 0)
			all := strings.Join(box.got, " ")
			for _, part := range c.delivered {
				assert.Contains(t, all, part)
			}
			got := written(t, reply)
			if c.answer == "" {
				assert.Empty(t, got)
				return
			}
			assert.Contains(t, got, c.answer)
			assert.NotContains(t, got, "<a:To ", "what goes back has none")
		})
	}
}

// TestDispatch_replyTo_faultLost: a fault that nobody gets is in the log.
func TestDispatch_replyTo_faultLost(t *testing.T) {
	t.Parallel()
	v := soap.Soap12WSAddressing10
	r := newRig(t, v, place(false), hosting.Service{Handler: binding.HandlerFunc(echo)})
	var log bytes.Buffer
	r.Log = slog.New(slog.NewTextHandler(&log, nil))
	targets, err := addressing.NewReplyTargets([]uritable.URI{parse(t, "http://client.example/")})
	require.NoError(t, err)
	r.ReplyTo, r.ReplyTargets = &mailbox{fail: errors.New("refused")}, targets
	reply, err := r.answer(t, r.receive(t, message(v, `<a:To>http://edge:8000/ordres</a:To>`+action+
		`<a:FaultTo><a:Address>http://client.example/</a:Address></a:FaultTo>`, ""), ""))
	require.Error(t, err)
	assert.Equal(t, 202, reply.Status)
	assert.Nil(t, reply.Draft)
	assert.Contains(t, log.String(), `msg="fault not delivered" reason=upstream.failed`)
}

// TestDispatch_check: a window of identifiers refuses the second copy (T-WSA-05).
func TestDispatch_check(t *testing.T) {
	t.Parallel()
	v := soap.Soap12WSAddressing10
	w := addressing.NewWindow(time.Minute, 10)
	r := newRig(t, v, place(false), hosting.Service{Handler: binding.HandlerFunc(echo), Check: func(p *addressing.Properties) error {
		id, err := p.MessageID()
		if err != nil {
			return err
		}
		return w.Check(time.Unix(0, 0), id)
	}})
	reply, err := r.answer(t, r.receive(t, message(v, to+action+id, ""), ""))
	require.NoError(t, err)
	written(t, reply)
	reply, err = r.answer(t, r.receive(t, message(v, to+action+id, ""), ""))
	assert.Equal(t, refusal.WSADuplicateID, refusal.Of(err))
	got := written(t, reply)
	assert.Contains(t, got, "InvalidAddressingHeader")
	assert.Contains(t, got, "DuplicateMessageID")
	_, err = r.answer(t, r.receive(t, message(v, to+`<a:Action>urn:b</a:Action>`+id, ""), ""))
	assert.Equal(t, refusal.WSAAction, refusal.Of(err), "what no operation takes is not counted")
}

// TestDispatch_mixed: headers of both addressing versions are told once a
// listener, since any client can send them.
func TestDispatch_mixed(t *testing.T) {
	t.Parallel()
	v := soap.Soap12WSAddressing10
	const other = `<w:To xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing">http://h/2</w:To>`
	r := newRig(t, v, place(false), hosting.Service{Handler: binding.HandlerFunc(echo)})
	var log bytes.Buffer
	r.Log = slog.New(slog.NewTextHandler(&log, nil))
	for range 2 {
		reply, err := r.answer(t, r.receive(t, message(v, to+action+other, ""), ""))
		require.NoError(t, err)
		written(t, reply)
	}
	assert.Equal(t, 1, strings.Count(log.String(), "reason=wsa.mixed listener=orders"))

	r.Known = addressing.NewKnown(addressing.KnownOptions{RefuseOtherVersion: true})
	_, err := r.answer(t, r.receive(t, message(v, to+action+other, ""), ""))
	assert.Equal(t, refusal.WSAMixed, refusal.Of(err))
}
