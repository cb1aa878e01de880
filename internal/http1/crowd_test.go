package http1_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/viaduct-soap/viaduct/internal/http1"
)

// mischief is one thing a peer does to a request with this id. It says whether it
// goes on with the connection.
type mischief func(c net.Conn, id string, r *rand.Rand) bool

func sizedAnswer(id string) string {
	return fmt.Sprintf("%sX-Id: %s\r\nContent-Length: %d\r\n\r\n%s", ok, id, len(id), id)
}

func chunkedAnswer(id string) string {
	return fmt.Sprintf("%sX-Id: %s\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\nX-Id: 0\r\n\r\n", ok, id, len(id), id)
}

func say(c net.Conn, s string) bool {
	_, err := io.WriteString(c, s)
	return err == nil
}

// mischiefs: each is what a broken or hostile back end does.
var mischiefs = map[string]mischief{
	"honest":  func(c net.Conn, id string, _ *rand.Rand) bool { return say(c, sizedAnswer(id)) },
	"chunked": func(c net.Conn, id string, _ *rand.Rand) bool { return say(c, chunkedAnswer(id)) },
	"split": func(c net.Conn, id string, r *rand.Rand) bool {
		for s := chunkedAnswer(id); s != ""; {
			n := 1 + r.IntN(len(s))
			if !say(c, s[:n]) {
				return false
			}
			s = s[n:]
		}
		return true
	},
	"interim first": func(c net.Conn, id string, _ *rand.Rand) bool {
		return say(c, "HTTP/1.1 103 Early Hints\r\nX-Id: 0\r\n\r\n"+sizedAnswer(id))
	},
	"two answers": func(c net.Conn, id string, _ *rand.Rand) bool { return say(c, sizedAnswer(id)+sizedAnswer(id)) },
	"many answers": func(c net.Conn, id string, _ *rand.Rand) bool {
		return say(c, strings.Repeat(sizedAnswer(id), 50))
	},
	"answer and a half": func(c net.Conn, id string, _ *rand.Rand) bool {
		return say(c, chunkedAnswer(id)+sizedAnswer(id)[:10+len(id)])
	},
	"longer than announced": func(c net.Conn, id string, _ *rand.Rand) bool {
		return say(c, sizedAnswer(id)+id)
	},
	"body for 204": func(c net.Conn, id string, _ *rand.Rand) bool {
		return say(c, "HTTP/1.1 204 N\r\nX-Id: "+id+"\r\n\r\n"+sizedAnswer(id))
	},
	"close behind": func(c net.Conn, id string, _ *rand.Rand) bool { say(c, sizedAnswer(id)); return false },
	"close said": func(c net.Conn, id string, _ *rand.Rand) bool {
		return say(c, ok+"Connection: close\r\nX-Id: "+id+"\r\n\r\n"+id) && false
	},
	"cut in the head": func(c net.Conn, id string, r *rand.Rand) bool {
		say(c, sizedAnswer(id)[:r.IntN(len(ok)+20)])
		return false
	},
	"cut in the body": func(c net.Conn, id string, r *rand.Rand) bool {
		s := chunkedAnswer(id)
		say(c, s[:len(s)-1-r.IntN(30)])
		return false
	},
	"reset": func(c net.Conn, _ string, _ *rand.Rand) bool {
		if t, is := c.(*net.TCPConn); is {
			_ = t.SetLinger(0)
		}
		return false
	},
	"smuggled": func(c net.Conn, id string, _ *rand.Rand) bool {
		return say(c, ok+"Content-Length: 5\r\nTransfer-Encoding: chunked\r\nX-Id: "+id+"\r\n\r\n0\r\n\r\n"+sizedAnswer(id))
	},
	"nothing": func(c net.Conn, _ string, _ *rand.Rand) bool {
		_, _ = io.Copy(io.Discard, c)
		return false
	},
}

// crowdPeer reads requests of one connection and does mischief to each; some
// connections are answered before the body was read.
func crowdPeer(names []string, seed *atomic.Uint64) func(net.Conn) {
	return func(c net.Conn) {
		r := rand.New(rand.NewPCG(seed.Add(1), 7))
		br := bufio.NewReader(c)
		for {
			early := r.IntN(10) == 0
			var id string
			for {
				line, err := br.ReadString('\n')
				if err != nil {
					return
				}
				if v, found := strings.CutPrefix(line, "X-Id: "); found {
					id = strings.TrimSpace(v)
				}
				if line == "\r\n" {
					break
				}
			}
			if early {
				if !say(c, sizedAnswer(id)) || !skipBody(br) {
					return
				}
				continue
			}
			if !skipBody(br) || !mischiefs[names[r.IntN(len(names))]](c, id, r) {
				return
			}
		}
	}
}

// skipBody reads a chunked body up to its end.
func skipBody(br *bufio.Reader) bool {
	for {
		line, err := br.ReadString('\n')
		if err != nil {
			return false
		}
		var n int64
		if _, err := fmt.Sscanf(line, "%x", &n); err != nil {
			return false
		}
		if _, err := io.CopyN(io.Discard, br, n+2); err != nil {
			return false
		}
		if n == 0 {
			return true
		}
	}
}

// TestDo_crowd: whatever the peer does, an answer never reaches another caller.
// Each answer carries the id of the request it was made for, in a field and as
// the whole body.
func TestDo_crowd(t *testing.T) {
	t.Parallel()
	names := make([]string, 0, len(mischiefs))
	for name := range mischiefs {
		names = append(names, name, "honest", "split")
	}
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprintf("tls=%v", secure), func(t *testing.T) {
			t.Parallel()
			var seed, right, wrong, failures atomic.Uint64
			_, pool := serve(t, secure, crowdPeer(names, &seed))
			callers, each := 200, 30
			if secure {
				callers, each = 50, 20
			}
			var work sync.WaitGroup
			for caller := range callers {
				work.Go(func() {
					for i := range each {
						id := fmt.Sprintf("caller-%d-request-%d-%s", caller, i, strings.Repeat("x", i*10))
						switch err := ask(pool, id, i%8 == 7 && !secure); {
						case err == nil:
							right.Add(1)
						case errors.Is(err, errForeign):
							wrong.Add(1)
							t.Error(err)
						default:
							failures.Add(1)
						}
					}
				})
			}
			work.Wait()
			s := pool.Stats()
			assert.Zero(t, wrong.Load())
			assert.Equal(t, uint64(callers*each), right.Load()+failures.Load(), "every call ended once")
			assert.Greater(t, right.Load(), uint64(callers*each/10))
			assert.Positive(t, s.Poisoned)
			assert.Positive(t, s.Reused)
			assert.Equal(t, s.Open, s.Idle, "nothing leaked")
			t.Logf("%d right, %d failed, %+v", right.Load(), failures.Load(), s)
		})
	}
}

var errForeign = errors.New("answer of another request")

// ask sends one request and checks whose answer comes.
func ask(pool *http1.Pool, id string, impatient bool) error {
	ctx, done := context.WithTimeout(context.Background(), time.Second)
	if impatient {
		ctx, done = context.WithTimeout(context.Background(), 2*time.Millisecond)
	}
	defer done()
	resp, err := pool.Do(ctx, post("/", &text{octets: payload(2000), size: -1, streamed: true, step: 700}, http1.Field{Name: "X-Id", Value: id}))
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if got := resp.Fields.Get("x-id"); got != id {
		return fmt.Errorf("%w: asked %q, field %q", errForeign, id, got)
	}
	body, err := io.ReadAll(resp.Body)
	if err == nil && string(body) != id && resp.Status != 204 {
		return fmt.Errorf("%w: asked %q, body %q", errForeign, id, body)
	}
	return err
}
