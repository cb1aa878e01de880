package admin_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/admin"
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
	"github.com/viaduct-soap/viaduct/internal/testbed"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

// timeless leaves out what differs from run to run.
func timeless() time.Time { return time.Time{} }

func TestAccessLog(t *testing.T) {
	t.Parallel()
	via, err := uritable.Parse("http://edge:8000/orders")
	require.NoError(t, err)
	peer := binding.Peer{Address: netip.MustParseAddrPort("192.0.2.7:4711")}
	request := func(action string) *binding.Request {
		r := tried()
		r.Via, r.Peer, r.Endpoint = via, peer, "in"
		r.Properties = addressing.Bare(soap.AddressingNone)
		r.Properties.Adopt(via, addressing.Action(action))
		r.Decision.Route.Name = "all"
		return r
	}
	records := map[string]func(*admin.AccessLog){
		"answered": func(a *admin.AccessLog) {
			a.Observe(exchange(func(x *binding.Exchange) { x.Via, x.Peer, x.Request = via.String(), peer, request("urn:orders/Place") }))
		},
		"refused before it was read": func(a *admin.AccessLog) {
			a.Observe(exchange(func(x *binding.Exchange) {
				x.Via, x.Peer, x.Status, x.Reason, x.ID, x.Err = via.String(), peer, 413, refusal.SizeMessage, "id-1", errors.New("too long")
			}))
		},
		"nobody wants the answer": func(a *admin.AccessLog) {
			a.Observe(exchange(func(x *binding.Exchange) {
				x.Via, x.Peer, x.Status, x.Reason = via.String(), peer, 202, refusal.WSANone
			}))
		},
		"T-LOG-01 what would begin a line or act on a terminal": func(a *admin.AccessLog) {
			a.Observe(exchange(func(x *binding.Exchange) {
				x.Via, x.Peer, x.Request = "http://edge/\x1b]0;", peer, request("urn:a\r\nlevel=ERROR \x1b[2J \u009b \x00")
			}))
		},
		"one-way": func(a *admin.AccessLog) { a.Delivered(request("urn:orders/Place"), time.Second) },
	}
	testbed.RunGoldens(t, "testdata/access.txtar", func(t *testing.T, g *testbed.Golden) {
		t.Helper()
		for name, write := range records {
			var text, json bytes.Buffer
			write(admin.NewAccessLog(&text, admin.AccessLogOptions{Now: timeless}))
			write(admin.NewAccessLog(&json, admin.AccessLogOptions{Now: timeless, JSON: true}))
			for _, b := range text.Bytes() {
				assert.False(t, b < ' ' && b != '\n', "%s: control character in %q", name, text.String())
			}
			assert.Equal(t, 1, strings.Count(text.String(), "\n"), "one record is one line")
			g.Check(t, name+", text", text.Bytes())
			g.Check(t, name+", json", json.Bytes())
		}
	})
}

func TestAccessLog_cut(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	admin.NewAccessLog(&b, admin.AccessLogOptions{}).Observe(exchange(func(x *binding.Exchange) { x.Via = strings.Repeat("ü", 1<<20) }))
	assert.Less(t, b.Len(), 1500)
	assert.Contains(t, b.String(), "ü... ")
}

// TestAccessLog_asSlog: a line is what slog's handlers write for the same
// attributes, so that one reader understands the whole log.
func TestAccessLog_asSlog(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 30, 0, 123_456_789, time.UTC)
	x := exchange(func(x *binding.Exchange) {
		x.Via, x.Peer.Address = "http://edge/ü?a=b c", netip.MustParseAddrPort("[2001:db8::1]:80")
		x.Reason, x.ID, x.Err = refusal.XMLDTD, "", errors.New("a \"b\" <c> \u2028 \\ \x7f")
	})
	attrs := []any{
		"via", x.Via, "peer", x.Peer.Address.String(), "status", x.Status, "in", x.In, "out", x.Out,
		"took", x.Duration, "reason", x.Reason, "error", x.Err.Error(),
	}
	for _, json := range []bool{false, true} {
		var got, want bytes.Buffer
		admin.NewAccessLog(&got, admin.AccessLogOptions{JSON: json, Now: func() time.Time { return now }}).Observe(x)
		var h slog.Handler = slog.NewTextHandler(&want, nil)
		if json {
			h = slog.NewJSONHandler(&want, nil)
		}
		r := slog.NewRecord(now, slog.LevelWarn, "exchange", 0)
		r.Add(attrs...)
		require.NoError(t, h.Handle(t.Context(), r))
		if json {
			assert.JSONEq(t, want.String(), got.String())
		} else {
			assert.Equal(t, want.String(), got.String())
		}
	}
}

func BenchmarkAccessLog_Observe(b *testing.B) {
	for _, json := range []bool{false, true} {
		b.Run(fmt.Sprintf("json=%v", json), func(b *testing.B) {
			a := admin.NewAccessLog(io.Discard, admin.AccessLogOptions{JSON: json})
			x := exchange(func(x *binding.Exchange) {
				x.Via, x.Peer.Address, x.Request = "http://edge:8000/orders", netip.MustParseAddrPort("192.0.2.7:4711"), tried()
			})
			b.ReportAllocs()
			for b.Loop() {
				a.Observe(x)
			}
		})
	}
}

// sink notes each write, and waits before it when gate is there.
type sink struct {
	gate chan struct{}
	mu   sync.Mutex // guards got
	got  []string
}

func (s *sink) Write(p []byte) (int, error) {
	if s.gate != nil {
		<-s.gate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, string(p))
	return len(p), nil
}

func (s *sink) lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

func TestLogWriter_batches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		w := admin.NewLogWriter(s, 1<<20)
		line(t, w, "one\n")
		line(t, w, "two\n")
		synctest.Wait()
		assert.Empty(t, s.lines(), "a line waits for company")
		time.Sleep(time.Second) //nolint:forbidigo // the bubble's clock
		assert.Equal(t, []string{"one\ntwo\n"}, s.lines())
		line(t, w, "three\n")
		require.NoError(t, w.Close())
		assert.Equal(t, []string{"one\ntwo\n", "three\n"}, s.lines(), "Close writes what is pending")
		require.NoError(t, w.Close())
		line(t, w, "last words\n")
		assert.Equal(t, "last words\n", s.lines()[2])
		assert.Zero(t, w.Dropped())
	})
}

func TestLogWriter_drops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &sink{gate: make(chan struct{})}
		w := admin.NewLogWriter(s, 10)
		line(t, w, "12345\n")
		time.Sleep(time.Second) //nolint:forbidigo // the bubble's clock: the sink is stuck now
		line(t, w, "abcde\n")
		line(t, w, "fghij\n")
		line(t, w, strings.Repeat("x", 11))
		assert.EqualValues(t, 2, w.Dropped(), "traffic does not wait for the sink")
		close(s.gate)
		require.NoError(t, w.Close())
		assert.Equal(t, "12345\nabcde\n", strings.Join(s.lines(), ""))
	})
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestLogWriter_full(t *testing.T) {
	t.Parallel()
	w := admin.NewLogWriter(full{}, 100)
	line(t, w, "x\n")
	require.NoError(t, w.Close(), "a full disk stops nothing")
}

func line(t *testing.T, w io.Writer, s string) {
	t.Helper()
	n, err := io.WriteString(w, s)
	require.NoError(t, err)
	require.Equal(t, len(s), n)
}
