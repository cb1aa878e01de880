package addressing

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
	"github.com/viaduct-soap/viaduct/soap"
)

// request is what a WCF client of wsHttpBinding sends.
const request = `<a:Action s:mustUnderstand="1">http://tempuri.org/IOrders/Place</a:Action>` +
	`<a:MessageID>urn:uuid:0b9f2c0e-8f0d-4a51-8a43-1f6d6f0f1c01</a:MessageID>` +
	`<a:ReplyTo><a:Address>` + anonymous10 + `</a:Address></a:ReplyTo>` +
	`<a:To s:mustUnderstand="1">http://edge.example:8000/orders</a:To>`

func knownOfRequest(t testing.TB) *Known {
	return NewKnown(KnownOptions{
		Addresses: []uritable.URI{uri(t, "http://edge.example:8000/orders")},
		Actions:   []Action{"http://tempuri.org/IOrders/Place"},
	})
}

func TestExtract(t *testing.T) {
	t.Parallel()
	env := message(t, "Soap12WSAddressing10", request)
	p, err := Extract(env, knownOfRequest(t))
	require.NoError(t, err)
	to, err := p.To()
	require.NoError(t, err)
	assert.Equal(t, "http://edge.example:8000/orders", to.String())
	id, err := p.MessageID()
	require.NoError(t, err)
	assert.Equal(t, MessageID("urn:uuid:0b9f2c0e-8f0d-4a51-8a43-1f6d6f0f1c01"), id)
	reply, err := p.ReplyTo()
	require.NoError(t, err)
	assert.True(t, reply.IsAnonymous())
	assert.True(t, reply.IsTrivial())
	from, err := p.From()
	require.NoError(t, err)
	assert.Nil(t, from)
	assert.True(t, from.IsTrivial())
	assert.True(t, p.Has(KindAction))
	assert.Equal(t, 0, p.Index(KindAction))
	assert.Equal(t, -1, p.Index(KindFaultTo))
}

// Values that the configuration knows cost nothing.
func TestExtract_allocations(t *testing.T) {
	env := message(t, "Soap12WSAddressing10", request)
	known := knownOfRequest(t)
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		if _, err := Extract(env, known); err != nil {
			panic(err)
		}
	}))
}

func TestExtract_errors(t *testing.T) {
	t.Parallel()
	for kind, header := range map[Kind]string{
		KindTo:        `<a:To>http://h/</a:To>`,
		KindAction:    `<a:Action>urn:a</a:Action>`,
		KindMessageID: `<a:MessageID>m</a:MessageID>`,
		KindRelatesTo: `<a:RelatesTo>m</a:RelatesTo>`,
		KindReplyTo:   `<a:ReplyTo><a:Address>http://h/</a:Address></a:ReplyTo>`,
		KindFrom:      `<a:From><a:Address>http://h/</a:Address></a:From>`,
		KindFaultTo:   `<a:FaultTo><a:Address>http://h/</a:Address></a:FaultTo>`,
	} {
		p, err := Extract(message(t, "Soap12WSAddressing10", header+header), nil)
		require.NoError(t, err, "reading twice is no error of the message")
		read := map[Kind]func() error{
			KindTo:        func() error { _, err := p.To(); return err },
			KindAction:    func() error { _, err := p.Action(); return err },
			KindMessageID: func() error { _, err := p.MessageID(); return err },
			KindRelatesTo: func() error { _, err := p.RelatesTo(); return err },
			KindReplyTo:   func() error { _, err := p.ReplyTo(); return err },
			KindFrom:      func() error { _, err := p.From(); return err },
			KindFaultTo:   func() error { _, err := p.FaultTo(); return err },
		}
		for other, ask := range read {
			err := ask()
			if other != kind {
				assert.NoError(t, err, "%s twice, %s read", kind, other)
				continue
			}
			assert.Equal(t, refusal.WSACardinality, refusal.Of(err))
			assert.Equal(t, "InvalidCardinality", FaultFrom(err, soap.Soap12WSAddressing10).Subcodes[1].Local)
		}
	}
}

func TestUnderstands(t *testing.T) {
	t.Parallel()
	to := xmltext.Name{Space: []byte(wsa10NS), Local: []byte("To")}
	assert.True(t, Understands(soap.Addressing10)(to))
	assert.False(t, Understands(soap.Addressing200408)(to))
	assert.False(t, Understands(soap.AddressingNone)(to))
	assert.False(t, Understands(soap.Addressing10)(xmltext.Name{Space: []byte(wsa10NS), Local: []byte("FaultDetail")}))
}

func BenchmarkExtract(b *testing.B) {
	for _, c := range []struct {
		name  string
		known *Known
	}{{"known=true", knownOfRequest(b)}, {"known=false", nil}} {
		b.Run(c.name, func(b *testing.B) {
			env := message(b, "Soap12WSAddressing10", request)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Extract(env, c.known); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkOutbound_Apply(b *testing.B) {
	env := message(b, "Soap12WSAddressing10", request)
	base, err := Extract(env, nil)
	require.NoError(b, err)
	o, err := NewOutbound(&EndpointAddress{URI: uri(b, "http://back/o")}, env.Version)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		d := soap.NewDraft(env)
		if err := o.Apply(d, &base, Request{Reply: true, NewID: madeID}); err != nil {
			b.Fatal(err)
		}
		d.Close()
	}
}

// FT-10: the default fault action, and one header for each block.
func TestNotUnderstood(t *testing.T) {
	t.Parallel()
	env := message(t, "Soap12WSAddressing10", `<a:To s:mustUnderstand="1">http://h/</a:To><t:Sla s:mustUnderstand="1"/>`+
		`<t:Far s:mustUnderstand="1" s:role="urn:far"/>`)
	blocks := soap.NotUnderstood(env, Understands(env.Version.Addressing), []string{""})
	require.Equal(t, []int{1}, blocks)
	f := NotUnderstood(env, blocks)
	assert.Equal(t, string(soapFault10), f.Action)
	assert.Len(t, f.Headers, 1)
	assert.Nil(t, NotUnderstood(env, nil))
}
