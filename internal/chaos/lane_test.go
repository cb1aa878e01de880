package chaos

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

// patience bounds every wait for an answer; what takes longer is a failure.
const patience = 15 * time.Second

// lane is a way through Viaduct that one goroutine has for itself: client,
// relay, Viaduct, relay, back end. Its destinations have relays of their own,
// so that Viaduct's pool for them holds the lane's connections only.
type lane struct {
	name        string
	certificate *testbed.Certificate
	program     *testbed.Program
	front       [2]*testbed.Relay // before Viaduct: plain, TLS
	back        [2]*testbed.Relay // before the back ends: plain, TLS
	backend     [2]*testbed.Backend
	client      *testbed.Client // nil: the next exchange dials
	via         bool            // client speaks TLS

	chunked atomic.Bool // the back ends answer in chunks
	closing atomic.Bool // the back ends say Connection: close
	oneway  atomic.Bool // the back ends answer 202
}

func plainOrTLS(secure bool) int {
	if secure {
		return 1
	}
	return 0
}

// newLane starts back ends and relays; the front relay comes with connect.
func newLane(t *testing.T, number int, certificate *testbed.Certificate) *lane {
	t.Helper()
	l := &lane{name: "lane" + strconv.Itoa(number), certificate: certificate}
	for i := range l.backend {
		o := testbed.BackendOptions{Script: l.script, Forget: true}
		if i == 1 {
			o.TLS = certificate.Server()
		}
		l.backend[i] = testbed.NewBackend(t, o)
		l.back[i] = testbed.NewRelay(t, l.backend[i].Addr())
	}
	return l
}

// destinations of the lane: NAMEplain, NAMEtls.
func (l *lane) destinations() []destination {
	return []destination{
		{name: l.destination(false), url: "http://" + l.back[0].Addr() + "/"},
		{name: l.destination(true), url: "https://" + l.back[1].Addr() + "/"},
	}
}

func (l *lane) destination(secure bool) string {
	return l.name + [...]string{"plain", "tls"}[plainOrTLS(secure)]
}

func (l *lane) connect(t *testing.T, p *testbed.Program) {
	t.Helper()
	l.program = p
	l.front[0], l.front[1] = testbed.NewRelay(t, p.Addr("front")), testbed.NewRelay(t, p.Addr("secure"))
	t.Cleanup(l.hangUp)
}

func (l *lane) hangUp() {
	if l.client != nil {
		l.client.Close()
	}
	l.client = nil
}

func (l *lane) script(*testbed.Received) testbed.Answer {
	if l.oneway.Load() {
		return testbed.Answer{Make: testbed.Accepted}
	}
	a := testbed.Answer{Make: testbed.Reply}
	if l.chunked.Load() {
		a.Make = testbed.ChunkedReply
	}
	if l.closing.Load() {
		reply := a.Make
		a.End = testbed.CloseAfter
		a.Make = func(r *testbed.Received) []byte {
			return bytes.Replace(reply(r), []byte("\r\n"), []byte("\r\nConnection: close\r\n"), 1)
		}
	}
	return a
}

// exchange sends one message on the lane's connection and reads its answer; via
// tells whether that connection has TLS.
func (l *lane) exchange(via bool, octets []byte) (*testbed.Result, error) {
	if l.via != via {
		l.hangUp()
	}
	if l.client == nil {
		var config *tls.Config
		if via {
			config = l.certificate.Client()
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		c, err := testbed.Dial(ctx, l.front[plainOrTLS(via)].Addr(), config)
		if err != nil {
			return nil, err
		}
		l.client, l.via = c, via
	}
	r, err := l.client.Exchange(octets, patience)
	if err == nil && l.client.Surplus() > 0 {
		err = fmt.Errorf("%d octets behind the answer", l.client.Surplus())
	}
	if err != nil || r.Close {
		l.hangUp()
	}
	return r, err
}

// whole does an exchange through which nothing is cut, and which must succeed:
// it also shows that what happened before left nothing behind.
func (l *lane) whole(via, secure bool) error {
	l.oneway.Store(false)
	l.chunked.Store(false)
	id := testbed.NewMessageID()
	r, err := l.exchange(via, request(l.program, "/ask", l.destination(secure), id, 400, false))
	if err != nil {
		return fmt.Errorf("exchange without a cut: %w", err)
	}
	if r.Status != 200 || r.MessageID != id {
		return fmt.Errorf("exchange without a cut: status %d, id %q instead of %q: %s", r.Status, r.MessageID, id, r.Body)
	}
	if n := l.backend[plainOrTLS(secure)].Deliveries(id); n != 1 {
		return fmt.Errorf("exchange without a cut: delivered %d times", n)
	}
	return nil
}

// deliveries waits until a message arrived at least once, or gives up soon.
func (l *lane) deliveries(secure bool, id string, atLeast int) int {
	b := l.backend[plainOrTLS(secure)]
	if atLeast > 0 {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = b.Await(ctx, func() bool { return b.Deliveries(id) >= atLeast }) // the count below tells
	}
	return b.Deliveries(id)
}

// isFault tells whether r is an answer that says that something failed.
func isFault(r *testbed.Result) bool {
	return r.Status >= 500 && (bytes.Contains(r.Body, []byte(":Fault")) || r.Fields.Get("X-Viaduct-Error") != "")
}
