package binding_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/source"
	"github.com/viaduct-soap/viaduct/soap"
)

const message11 = `<s:Envelope xmlns:s="` + soap.Namespace11 + `"><s:Body><a/></s:Body></s:Envelope>`

// received decodes a message that counts in gone when its memory is returned.
func received(tb testing.TB, gone *int) *soap.Envelope {
	tb.Helper()
	e, err := soap.Decode(tb.Context(), strings.NewReader(message11), soap.DecodeOptions{
		Version: soap.Soap11, Size: int64(len(message11)), Done: func() { *gone++ },
	})
	require.NoError(tb, err)
	return e
}

func TestRequest_Release(t *testing.T) {
	t.Parallel()
	gone, left := 0, 0
	r := binding.NewRequest(received(t, &gone), func() { left++ })
	r.Retain()
	r.Release()
	assert.Zero(t, gone, "a reference is left")
	assert.Zero(t, left, "and with it the place among the calls")
	r.Release()
	assert.Equal(t, 1, gone)
	assert.Equal(t, 1, left)
}

func TestRequest_Release_withoutPlace(t *testing.T) {
	t.Parallel()
	gone := 0
	binding.NewRequest(received(t, &gone), nil).Release()
	assert.Equal(t, 1, gone)
}

func TestRequest_Leave(t *testing.T) {
	t.Parallel()
	gone, left := 0, 0
	r := binding.NewRequest(received(t, &gone), func() { left++ })
	r.Leave()
	r.Leave()
	assert.Equal(t, 1, left, "the place is given back once")
	assert.Zero(t, gone, "the memory still has an owner")
	r.Release()
	assert.Equal(t, 1, left)
	assert.Equal(t, 1, gone)
}

func TestRequest_Detach(t *testing.T) {
	t.Parallel()
	gone, left := 0, 0
	r := binding.NewRequest(received(t, &gone), func() { left++ })
	r.Action, r.Shape, r.Conn, r.Hops = "urn:a", binding.OneWay, &binding.Connection{}, 3
	r.Decision.Listener = binding.Choice{Name: "front", Pos: source.Pos{Line: 7}}
	r.Decision.Attempted(binding.Attempt{Endpoint: "one"})

	d := r.Detach()
	assert.Equal(t, r.Action, d.Action)
	assert.Equal(t, binding.OneWay, d.Shape)
	assert.Equal(t, 3, d.Hops)
	assert.Nil(t, d.Conn, "the client's connection goes its own way")
	assert.Equal(t, "front", d.Decision.Listener.Name)
	assert.Empty(t, d.Decision.Attempts, "attempts are those of its own")

	d.Decision.Attempted(binding.Attempt{Endpoint: "two"})
	assert.Equal(t, "one", r.Decision.Attempts[0].Endpoint)

	r.Release()
	assert.Zero(t, gone, "the detached request holds the message")
	assert.Zero(t, left, "and the place")
	d.Release()
	assert.Equal(t, 1, gone)
	assert.Equal(t, 1, left)
}

func TestIncoming_Release(t *testing.T) {
	t.Parallel()
	gone := 0
	in := &binding.Incoming{Envelope: received(t, &gone)}
	d := soap.NewDraft(in.Envelope)
	in.Release()
	assert.Zero(t, gone, "the draft holds the answer")
	d.Close()
	assert.Equal(t, 1, gone)
}

func TestShape_String(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"either", "one-way", "request-reply"},
		[]string{binding.Either.String(), binding.OneWay.String(), binding.RequestReply.String()})
}

func TestBinding_Name(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "basicHttpBinding", (&binding.Binding{Kind: "basicHttpBinding"}).Name())
	assert.Equal(t, "customBinding/utf16", (&binding.Binding{Kind: "customBinding", Configuration: "utf16"}).Name())
}

func TestTransferMode(t *testing.T) {
	t.Parallel()
	for mode, want := range map[binding.TransferMode][2]bool{
		binding.Buffered: {false, false}, binding.Streamed: {true, true},
		binding.StreamedRequest: {true, false}, binding.StreamedResponse: {false, true},
	} {
		assert.Equal(t, want, [2]bool{mode.Requests(), mode.Responses()}, "mode %d", mode)
	}
}
