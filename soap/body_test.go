package soap_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/soap"
)

// long is a message whose body exceeds what is held in any case.
func long(octets int) string {
	return open12 + `<s:Body><x>` + strings.Repeat("0123456789", octets/10) + `</x>` + closed
}

const mib = 1 << 20

func TestBody_state(t *testing.T) {
	t.Parallel()
	big := long(200_000)
	tight := func(spool int64) *buf.Budget { return buf.NewBudget(70<<10, spool, "") }
	tests := []struct {
		name    string
		input   string
		unknown bool // length
		needs   soap.Needs
		budget  *buf.Budget
		want    soap.State
	}{
		{name: "empty element", input: open12 + `<s:Body/></s:Envelope>`, want: soap.Empty},
		{name: "no content", input: open12 + `<s:Body>` + closed, want: soap.Empty},
		{name: "blanks are content", input: open12 + `<s:Body> ` + closed, want: soap.Held},
		{name: "short", input: long(1000), want: soap.Held},
		{name: "short and streamed", input: long(1000), unknown: true, needs: soap.Needs{Streamed: true}, want: soap.Held},
		{name: "64 KiB", input: long(65_000), unknown: true, needs: soap.Needs{Streamed: true}, want: soap.Held},
		{name: "long, nothing asked", input: big, want: soap.Once},
		{name: "long, replay", input: big, needs: soap.Needs{Replay: true}, want: soap.Held},
		{name: "long, content", input: big, needs: soap.Needs{View: soap.Content}, want: soap.Held},
		{name: "long, check", input: big, needs: soap.Needs{Check: soap.CheckWellFormed}, want: soap.Once},
		{name: "long, length unknown", input: big, unknown: true, want: soap.Held},
		{name: "long, length unknown, streamed", input: big, unknown: true, needs: soap.Needs{Streamed: true}, want: soap.Once},
		{name: "long, length wanted, streamed", input: big, unknown: true, needs: soap.Needs{Streamed: true, Sized: true}, want: soap.Held},
		{name: "long, length wanted and known", input: big, needs: soap.Needs{Streamed: true, Sized: true}, want: soap.Once},
		{name: "long, content, streamed", input: big, needs: soap.Needs{Streamed: true, View: soap.Plain}, want: soap.Once},
		{name: "long, replay, streamed", input: big, needs: soap.Needs{Streamed: true, Replay: true}, want: soap.Windowed},
		{name: "no memory, replay", input: big, needs: soap.Needs{Replay: true}, budget: tight(mib), want: soap.Spooled},
		{name: "no memory, length unknown", input: big, unknown: true, budget: tight(mib), want: soap.Spooled},
		{name: "no memory, streamed", input: big, unknown: true, needs: soap.Needs{Streamed: true}, budget: tight(0), want: soap.Once},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := soap.DecodeOptions{
				Size: int64(len(tt.input)), Needs: tt.needs, Budget: tt.budget,
				Limits: soap.Limits{Message: mib, Spool: mib},
			}
			if tt.unknown {
				o.Size = -1
			}
			e, err := soap.Decode(context.Background(), iotest.HalfReader(strings.NewReader(tt.input)), o)
			require.NoError(t, err)
			assert.Equal(t, tt.want.String(), e.Body.State().String())
			n, known := e.Octets()
			if assert.Equal(t, !tt.unknown || tt.want <= soap.Spooled, known) && known {
				assert.EqualValues(t, len(tt.input), n)
			}
			assert.Equal(t, tt.input, string(e.Head())+read(t, e, soap.Rest))
			e.Release()
			assert.Zero(t, tt.budget.Held())
			assert.Zero(t, tt.budget.Spooled())
		})
	}
}

func TestBody_wholeIsReadInParallel(t *testing.T) {
	t.Parallel()
	m := long(300_000)
	for _, budget := range []*buf.Budget{nil, buf.NewBudget(70<<10, buf.Unlimited, t.TempDir())} {
		e := decode(t, m, soap.DecodeOptions{
			Limits: soap.Limits{Message: mib, Spool: mib}, Needs: soap.Needs{Replay: true}, Budget: budget,
		})
		head := len(e.Head())
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				assert.Equal(t, m[head:], read(t, e, soap.Rest))
				assert.Equal(t, m[head:len(m)-len(closed)], read(t, e, soap.Content))
			})
		}
		wg.Wait()
		e.Release()
	}
}

func TestBody_once(t *testing.T) {
	t.Parallel()
	m := long(200_000)
	e := decode(t, m, soap.DecodeOptions{Limits: soap.Limits{Message: mib}})
	defer e.Release()
	r, err := e.Body.Open(soap.Rest)
	require.NoError(t, err)
	assert.Equal(t, soap.Spent, e.Body.State())
	_, err = e.Body.Open(soap.Rest)
	require.ErrorIs(t, err, soap.ErrSpent)
	require.ErrorIs(t, e.Body.Hold(context.Background(), 0), soap.ErrSpent)
	require.ErrorIs(t, e.Require(context.Background(), 0, soap.Needs{Replay: true}), soap.ErrBusy)
	require.NoError(t, r.Close())
	require.NoError(t, r.Close(), "closing twice is allowed")
	_, err = r.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.ErrClosedPipe)
	require.ErrorIs(t, e.Require(context.Background(), 0, soap.Needs{}), soap.ErrSpent)
	_, err = soap.NewDraft(e).WriteTo(io.Discard)
	require.ErrorIs(t, err, soap.ErrSpent)
	e.Release() // the draft's
}

func TestBody_windowed(t *testing.T) {
	t.Parallel()
	m := long(100_000)
	e := decode(t, m, soap.DecodeOptions{
		Limits: soap.Limits{Message: mib}, Needs: soap.Needs{Replay: true, Streamed: true},
	})
	defer e.Release()
	rest := m[len(e.Head()):]
	for _, n := range []int{10, 70_000, 0} {
		r, err := e.Body.Open(soap.Rest)
		require.NoError(t, err)
		_, err = e.Body.Open(soap.Rest)
		require.ErrorIs(t, err, soap.ErrBusy, "one reader at a time")
		require.ErrorIs(t, e.Body.Hold(context.Background(), 0), soap.ErrBusy)
		got := make([]byte, n)
		_, err = io.ReadFull(r, got)
		require.NoError(t, err)
		assert.Equal(t, rest[:n], string(got))
		require.NoError(t, r.Close())
		assert.Equal(t, soap.Windowed, e.Body.State())
	}
	assert.Equal(t, rest, read(t, e, soap.Rest))
	assert.Equal(t, soap.Held, e.Body.State(), "all of it fitted into the window")
	assert.Equal(t, rest, read(t, e, soap.Rest))
}

func TestBody_windowOverflows(t *testing.T) {
	t.Parallel()
	m := long(400_000)
	e := decode(t, m, soap.DecodeOptions{
		Limits: soap.Limits{Message: mib}, Needs: soap.Needs{Replay: true, Streamed: true},
	})
	defer e.Release()
	assert.Equal(t, m[len(e.Head()):], read(t, e, soap.Rest), "the reader that overflowed it goes on")
	assert.Equal(t, soap.Spent, e.Body.State())
	_, err := e.Body.Open(soap.Rest)
	require.ErrorIs(t, err, soap.ErrSpent)
}

func TestBody_Hold(t *testing.T) {
	t.Parallel()
	m := long(300_000)
	o := soap.DecodeOptions{
		Size: int64(len(m)), Limits: soap.Limits{Message: mib}, Needs: soap.Needs{Replay: true, Streamed: true},
	}
	t.Run("goes on after a reader", func(t *testing.T) {
		t.Parallel()
		e := decode(t, m, o)
		defer e.Release()
		r, err := e.Body.Open(soap.Rest)
		require.NoError(t, err)
		_, err = io.ReadFull(r, make([]byte, 70_000))
		require.NoError(t, err)
		require.NoError(t, r.Close())
		require.NoError(t, e.Body.Hold(context.Background(), 0))
		assert.Equal(t, soap.Held, e.Body.State())
		assert.Equal(t, m[len(e.Head()):], read(t, e, soap.Rest))
		require.NoError(t, e.Body.Hold(context.Background(), 0), "holding twice is nothing")
	})
	t.Run("limit", func(t *testing.T) {
		t.Parallel()
		e := decode(t, m, o)
		defer e.Release()
		err := e.Body.Hold(context.Background(), 100_000)
		assert.Equal(t, refusal.SizeMessage, refusal.Of(err))
		assert.Equal(t, soap.Spent, e.Body.State())
	})
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(context.Background())
		e := decode(t, m, o)
		defer e.Release()
		cancel()
		require.ErrorIs(t, e.Body.Hold(ctx, 0), context.Canceled)
	})
}

func TestEnvelope_Require(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	m := long(200_000)
	o := soap.DecodeOptions{Size: int64(len(m)), Limits: soap.Limits{Message: mib}, Needs: soap.Needs{Streamed: true}}

	e := decode(t, m, o)
	require.NoError(t, e.Require(ctx, 300_000, soap.Needs{Replay: true}))
	assert.Equal(t, soap.Held, e.Body.State())
	require.NoError(t, e.Require(ctx, 0, soap.Needs{Check: soap.CheckStructure}))
	require.NoError(t, e.Require(ctx, 0, soap.Needs{Check: soap.CheckWellFormed}), "the level can rise")
	e.Release()

	e = decode(t, m, o)
	assert.Equal(t, refusal.SizeMessage, refusal.Of(e.Require(ctx, 100_000, soap.Needs{})), "the endpoint allows less")
	e.Release()

	e = decode(t, open12+"<s:Body><a></b>"+closed, soap.DecodeOptions{})
	require.NoError(t, e.Require(ctx, 0, soap.Needs{Check: soap.CheckStructure}), "names are for the full check")
	assert.Equal(t, refusal.XMLMalformed, refusal.Of(e.Require(ctx, 0, soap.Needs{Check: soap.CheckWellFormed})))
	e.Release()
}

func TestBody_arrivingFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("reset")
	m := long(200_000)
	size := int64(len(m))
	tests := []struct {
		name string
		r    io.Reader
		o    soap.DecodeOptions
		want error
		give refusal.Reason
	}{
		{"reader breaks", io.MultiReader(strings.NewReader(m[:150_000]), iotest.ErrReader(broken)), soap.DecodeOptions{Size: size}, broken, refusal.Internal},
		{"ends early", strings.NewReader(m[:150_000]), soap.DecodeOptions{Size: size}, io.ErrUnexpectedEOF, refusal.XMLMalformed},
		{"too long", strings.NewReader(m), soap.DecodeOptions{Size: -1, Limits: soap.Limits{Message: 150_000}, Needs: soap.Needs{Streamed: true}}, nil, refusal.SizeMessage},
		{"incomplete", strings.NewReader(m[:150_000]), soap.DecodeOptions{Size: -1, Needs: soap.Needs{Streamed: true, Check: soap.CheckStructure}}, nil, refusal.XMLMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.o.Limits.Message == 0 {
				tt.o.Limits.Message = mib
			}
			e, err := soap.Decode(context.Background(), tt.r, tt.o)
			require.NoError(t, err)
			defer e.Release()
			d := soap.NewDraft(e)
			defer d.Close()
			_, err = d.WriteTo(io.Discard)
			require.Error(t, err)
			_, ours := errors.AsType[*buf.ReadError](err)
			assert.True(t, ours, "the body's error, not the writer's")
			if tt.want != nil {
				require.ErrorIs(t, err, tt.want)
			}
			assert.Equal(t, tt.give, refusal.Of(err))
		})
	}
}

func TestState_String(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "Spent", soap.Spent.String())
	e := decode(t, long(10), soap.DecodeOptions{})
	defer e.Release()
	assert.Equal(t, soap.FormatText, e.Body.Format())
}
