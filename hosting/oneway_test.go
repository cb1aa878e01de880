package hosting_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/hosting"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

// slow is a destination that takes a message when it is let go, or gives up when
// its context ends.
type slow struct {
	let  chan struct{}
	got  []string
	fail error
}

func (s *slow) Handle(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
	defer req.Release()
	select {
	case <-s.let:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	r, err := req.Envelope.Body.Open(soap.Content)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(r)
	s.got = append(s.got, string(b))
	return nil, errors.Join(err, r.Close(), s.fail)
}

// told is what Dispatch.Delivered was told.
type told struct {
	endpoint string
	err      error
}

func watched(tb testing.TB, s hosting.Service) (*rig, *bytes.Buffer, *[]told) {
	tb.Helper()
	r := newRig(tb, soap.Soap12WSAddressing10, place(true), s)
	log, heard := &bytes.Buffer{}, &[]told{}
	r.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "stack" {
			return slog.Attr{}
		}
		return a
	}}))
	r.Delivered = func(req *binding.Request, _ time.Duration, err error) {
		*heard = append(*heard, told{req.Endpoint, err})
	}
	return r, log, heard
}

func oneWay(body string) string {
	return message(soap.Soap12WSAddressing10, to+action+id, body)
}

func TestDispatch_oneWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &slow{let: make(chan struct{})}
		r, log, heard := watched(t, hosting.Service{Handler: s})
		left := false
		req := r.receive(t, oneWay("<x/>"), "")
		reply, err := r.Handle(t.Context(), req)
		require.NoError(t, err)
		assert.Nil(t, reply, "accepted before it is delivered")
		synctest.Wait()
		assert.Empty(t, s.got)
		assert.Equal(t, 1, r.Host.Pending())

		go func() {
			assert.NoError(t, r.Host.Drain(context.Background()))
			left = true
		}()
		synctest.Wait()
		assert.False(t, left, "drain waits for it")
		close(s.let)
		synctest.Wait()
		assert.True(t, left)
		assert.Equal(t, []string{"<x/>"}, s.got)
		assert.Equal(t, []told{{endpoint: "orders"}}, *heard)
		assert.Empty(t, log.String())
		assert.Zero(t, r.Host.Pending())
	})
}

// TestDispatch_oneWay_place: the message keeps its place among the concurrent
// calls until it is delivered.
func TestDispatch_oneWay_place(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &slow{let: make(chan struct{})}
		r, _, _ := watched(t, hosting.Service{Handler: s})
		throttle := hosting.NewThrottle(1, time.Minute)
		leave, err := throttle.Admit(t.Context())
		require.NoError(t, err)
		m := oneWay("<x/>")
		env, err := soap.Decode(t.Context(), strings.NewReader(m), soap.DecodeOptions{Version: r.Version, Size: int64(len(m))})
		require.NoError(t, err)
		req := binding.NewRequest(env, leave)
		req.Listener = &binding.Listener{Binding: r.binding}
		_, err = r.Handle(t.Context(), req)
		require.NoError(t, err)
		synctest.Wait()
		assert.Equal(t, 1, throttle.Calls())
		close(s.let)
		synctest.Wait()
		assert.Zero(t, throttle.Calls())
	})
}

func TestDispatch_oneWay_held(t *testing.T) {
	t.Parallel()
	s := &slow{let: make(chan struct{})}
	close(s.let)
	r, log, heard := watched(t, hosting.Service{Handler: s})
	m := oneWay(strings.Repeat("x", 200<<10))
	env, err := soap.Decode(t.Context(), io.MultiReader(strings.NewReader(m[:100<<10]), errorReader{}),
		soap.DecodeOptions{Version: r.Version, Size: int64(len(m)), Limits: soap.Limits{Message: 1 << 20}, Needs: soap.Needs{Streamed: true}})
	require.NoError(t, err)
	req := binding.NewRequest(env, nil)
	req.Listener = &binding.Listener{Binding: r.binding}
	_, err = r.Handle(t.Context(), req)
	require.ErrorIs(t, err, errCut, "what did not arrive whole is not accepted")
	assert.Empty(t, s.got)
	assert.Empty(t, *heard)
	assert.Empty(t, log.String(), "the transport logs what it refuses")
}

var errCut = errors.New("cut")

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, errCut }

func TestDispatch_oneWay_lost(t *testing.T) {
	t.Parallel()
	s := &slow{let: make(chan struct{}), fail: refusal.New(refusal.UpstreamFailed, -1, "backend: connection refused")}
	close(s.let)
	r, log, heard := watched(t, hosting.Service{Handler: attempted{s}})
	_, err := r.Handle(t.Context(), r.receive(t, oneWay("<x/>"), ""))
	require.NoError(t, err, "it had been accepted")
	require.NoError(t, r.Host.Drain(t.Context()))
	require.Len(t, *heard, 1)
	assert.ErrorIs(t, (*heard)[0].err, s.fail)
	assert.Equal(t, `level=ERROR msg="one-way message lost" endpoint=orders action=urn:orders/Place `+
		`message_id=urn:uuid:0b9f2c0e-8f0d-4a51-8a43-1f6d6f0f1c01 route=all to=backend attempts=1 delivery=unknown `+
		`reason=upstream.failed error="upstream.failed: backend: connection refused"`+"\n", log.String())
}

// attempted is a router that tells of one attempt.
type attempted struct{ binding.Handler }

func (a attempted) Handle(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
	req.Decision.Route.Name = "all"
	req.Decision.Attempted(binding.Attempt{Endpoint: "backend", Delivery: binding.Unknown})
	return a.Handler.Handle(ctx, req)
}

func TestDispatch_oneWay_panic(t *testing.T) {
	t.Parallel()
	r, log, heard := watched(t, hosting.Service{Handler: binding.HandlerFunc(func(_ context.Context, req *binding.Request) (*binding.Reply, error) {
		defer req.Release()
		panic("broken")
	})})
	_, err := r.Handle(t.Context(), r.receive(t, oneWay(""), ""))
	require.NoError(t, err)
	require.NoError(t, r.Host.Drain(t.Context()), "one message does not end the process (T-DOS-03)")
	require.Len(t, *heard, 1)
	assert.Equal(t, refusal.Internal, refusal.Of((*heard)[0].err))
	assert.Contains(t, log.String(), "level=ERROR msg=panic value=broken")
	assert.Contains(t, log.String(), "one-way message lost")
}

func TestDispatch_oneWay_notUnderstood(t *testing.T) {
	t.Parallel()
	s := &slow{}
	r, log, _ := watched(t, hosting.Service{Handler: s})
	m := message(soap.Soap12WSAddressing10, to+action+`<q:Sla xmlns:q="urn:ext" s:mustUnderstand="1"/>`, "")
	_, err := r.Handle(t.Context(), r.receive(t, m, ""))
	require.NoError(t, err, "its client does not learn of it (dispatch 5.3)")
	require.NoError(t, r.Host.Drain(t.Context()))
	assert.Empty(t, s.got)
	assert.Contains(t, log.String(), "reason=soap.must_understand")
}

func TestDispatch_oneWay_giveUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &slow{let: make(chan struct{})}
		r, log, heard := watched(t, hosting.Service{Handler: s})
		_, err := r.Handle(t.Context(), r.receive(t, oneWay(""), ""))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		begun := time.Now()
		require.ErrorIs(t, r.Host.Drain(ctx), context.DeadlineExceeded)
		assert.Equal(t, 10*time.Second, time.Since(begun))
		require.Len(t, *heard, 1)
		assert.ErrorIs(t, (*heard)[0].err, context.DeadlineExceeded)
		assert.Contains(t, log.String(), "one-way message lost")
	})
}

func TestDispatch_oneWay_draining(t *testing.T) {
	t.Parallel()
	r, log, heard := watched(t, hosting.Service{Handler: &slow{}})
	require.NoError(t, r.Host.Drain(t.Context()))
	require.NoError(t, r.Host.Drain(t.Context()), "a second call does nothing")
	reply, err := r.answer(t, r.receive(t, oneWay(""), ""))
	assert.Equal(t, refusal.Draining, refusal.Of(err), "nobody would wait for it, so it is not accepted")
	assert.Nil(t, reply, "HTTP 503 without a message")
	assert.Empty(t, *heard)
	assert.Empty(t, log.String())
}

func TestDispatch_oneWay_afterDelivery(t *testing.T) {
	t.Parallel()
	s := &slow{let: make(chan struct{})}
	close(s.let)
	r, log, heard := watched(t, hosting.Service{Handler: s, AfterDelivery: true})
	reply, err := r.Handle(t.Context(), r.receive(t, oneWay("<x/>"), ""))
	require.NoError(t, err)
	assert.Nil(t, reply)
	assert.Equal(t, []string{"<x/>"}, s.got, "delivered before it is accepted")

	s.fail = refusal.New(refusal.UpstreamFailed, -1, "down")
	got, err := r.answer(t, r.receive(t, oneWay("<x/>"), ""))
	require.ErrorIs(t, err, s.fail, "the client learns of it")
	assert.True(t, got.Fault)
	got.Draft.Close()
	assert.Empty(t, *heard, "nothing was detached")
	assert.Empty(t, log.String())
}

// TestDispatch_replyToNone: without a contract, who wants no answer has sent a
// one-way message.
func TestDispatch_replyToNone(t *testing.T) {
	t.Parallel()
	v := soap.Soap12WSAddressing10
	r := newRig(t, v, anyAction(), hosting.Service{Handler: binding.HandlerFunc(echo)})
	req := r.receive(t, message(v, to+action+`<a:ReplyTo><a:Address>http://www.w3.org/2005/08/addressing/none</a:Address></a:ReplyTo>`, ""), "")
	reply, err := r.Handle(t.Context(), req)
	require.NoError(t, err)
	assert.Nil(t, reply)
	assert.Equal(t, binding.OneWay, req.Shape)
	require.NoError(t, r.Host.Drain(t.Context()), "its answer is dropped")
}
