package soap_test

import (
	"io"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/soap"
)

// Readers, drafts and envelopes may be closed in any order; the last one
// returns the memory (message model, 6).
func TestOwnership_anyOrder(t *testing.T) {
	t.Parallel()
	orders := [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}
	sources := map[string]soap.DecodeOptions{
		"held":     {},
		"replay":   {Needs: soap.Needs{Replay: true}},
		"spooled":  {Needs: soap.Needs{Replay: true}, Limits: soap.Limits{Spool: mib}},
		"windowed": {Needs: soap.Needs{Replay: true, Streamed: true}},
		"once":     {Needs: soap.Needs{Streamed: true}},
		"content":  {Needs: soap.Needs{Streamed: true, View: soap.Content}},
	}
	for name, o := range sources {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, order := range orders {
				m := long(200_000)
				if name == "held" {
					m = long(1000)
				}
				memory := int64(mib)
				if name == "spooled" {
					memory = 70 << 10
				}
				o.Budget = buf.NewBudget(memory, buf.Unlimited, t.TempDir())
				o.Limits.Message = mib
				o.Size = int64(len(m))
				e := decode(t, m, o)
				r, err := e.Body.Open(o.Needs.View)
				require.NoError(t, err)
				_, err = io.CopyN(io.Discard, r, 500)
				require.NoError(t, err)
				d := soap.NewDraft(e)
				last := []func(){e.Release, d.Close, func() { _ = r.Close() }}
				for i, k := range order {
					assert.Positive(t, o.Budget.Held(), "somebody is left")
					last[k]()
					if i == 2 {
						break
					}
				}
				assert.Zero(t, o.Budget.Held(), "order %v", order)
				assert.Zero(t, o.Budget.Spooled())
			}
		})
	}
}

func TestOwnership_secondRelease(t *testing.T) {
	t.Parallel()
	if !buf.Checked {
		t.Log("only checked builds keep a released envelope apart; the lease of any build panics while it is free")
		return
	}
	e := decode(t, long(10), soap.DecodeOptions{})
	head := e.Head()
	e.Release()
	assert.Panics(t, e.Release)
	assert.Panics(t, func() { soap.NewDraft(e) })
	assert.NotContains(t, string(head), "Envelope", "a stale view shows nothing")
}

func TestOwnership_draftsInParallel(t *testing.T) {
	t.Parallel()
	m := long(20_000)
	e := decode(t, m, soap.DecodeOptions{})
	var wg sync.WaitGroup
	for range 4 {
		d := soap.NewDraft(e)
		wg.Go(func() {
			d.Append([]byte(blockA))
			assert.Equal(t, open12+"<s:Header>"+blockA+"</s:Header>"+m[len(open12):], write(t, d))
		})
		b, err := soap.Bridge(e, soap.Soap11)
		require.NoError(t, err)
		wg.Go(func() { assert.NotEmpty(t, write(t, b)) })
	}
	e.Release()
	wg.Wait()
}

func TestEnvelope_Charge(t *testing.T) {
	t.Parallel()
	all := buf.NewBudget(mib, 0, "")
	small, large := buf.NewShare(all, 100), buf.NewShare(all, mib)
	e := decode(t, long(1000), soap.DecodeOptions{Budget: all})
	require.Error(t, e.Charge(small))
	require.NoError(t, e.Charge(large))
	assert.Equal(t, all.Held(), large.Held())
	e.Release()
	assert.Zero(t, large.Held())
	assert.Zero(t, all.Held())
}
