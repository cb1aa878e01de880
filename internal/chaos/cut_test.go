package chaos

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/internal/testbed"
)

const lanes = 6

// group is one combination; its cases differ by the octet of the cut.
type group struct {
	front     bool // between client and Viaduct, else between Viaduct and the back end
	direction testbed.Direction
	chunked   bool // the message that is cut, as its sender frames it
	secure    bool // the connection that is cut has TLS; the other has not
	pooled    bool // the connection has carried a message before
	reset     bool // RST, else FIN
	oneway    bool
}

func (g group) String() string {
	pick := func(b bool, yes, no string) string {
		if b {
			return yes
		}
		return no
	}
	return strings.Join([]string{
		pick(g.front, "front", "back"), pick(g.direction == testbed.ToServer, "request", "reply"),
		pick(g.chunked, "chunked", "sized"), pick(g.secure, "tls", "plain"),
		pick(g.pooled, "pooled", "fresh"), pick(g.reset, "rst", "fin"), pick(g.oneway, "oneway", "twoway"),
	}, "/")
}

// via and to tell which of the two connections has TLS.
func (g group) via() bool { return g.front && g.secure }
func (g group) to() bool  { return !g.front && g.secure }

// groups is the whole product.
func groups() []group {
	var all []group
	for _, front := range []bool{false, true} {
		for _, d := range []testbed.Direction{testbed.ToServer, testbed.ToClient} {
			for bits := range 1 << 4 {
				g := group{
					front: front, direction: d,
					chunked: bits&1 != 0, secure: bits&2 != 0, pooled: bits&4 != 0, reset: bits&8 != 0,
				}
				all = append(all, g)
				if !g.chunked {
					g.oneway = true
					all = append(all, g)
				}
			}
		}
	}
	return all
}

// TestCut cuts one connection per case, and looks at what client and back end saw.
func TestCut(t *testing.T) {
	t.Parallel()
	certificate := testbed.NewCertificate(t)
	all := make([]*lane, lanes)
	var destinations []destination
	for i := range all {
		all[i] = newLane(t, i, certificate)
		destinations = append(destinations, all[i].destinations()...)
	}
	p := start(t, destinations, certificate)
	for _, l := range all {
		l.connect(t, p)
	}
	cases := 0
	for _, g := range groups() {
		t.Run(g.String(), func(t *testing.T) { cases += g.run(t, all) })
	}
	for _, l := range all {
		for _, b := range l.backend {
			assert.Empty(t, b.Problems(), "requests that are no HTTP")
		}
	}
	t.Logf("%d cuts", cases)
}

// run does all cases of the group, spread over the lanes, and returns their number.
func (g group) run(t *testing.T, all []*lane) int {
	t.Helper()
	total, err := g.learn(all[0])
	require.NoError(t, err)
	points := g.points(total)
	var next, failures atomic.Int64
	var wg sync.WaitGroup
	for _, l := range all {
		wg.Go(func() {
			var done []sent
			for {
				i := int(next.Add(1)) - 1
				if i >= len(points) || failures.Load() > 5 {
					break
				}
				after := points[i]
				s, err := g.cut(l, after, total)
				if err != nil {
					failures.Add(1)
					t.Errorf("cut after octet %d of %d: %v", after, total, err)
				}
				done = append(done, s)
			}
			if err := l.whole(g.via(), g.to()); err != nil {
				t.Errorf("after the last cut: %v", err)
			}
			for _, s := range done {
				if n := l.deliveries(g.to(), s.id, s.least); n < s.least || n > s.most {
					t.Errorf("cut after octet %d of %d: delivered %d times, not %d to %d", s.after, total, n, s.least, s.most)
				}
			}
		})
	}
	wg.Wait()
	return len(points)
}

// message is more than a message with its HTTP head and TLS records is long.
const message = 900

// points returns where to cut, from the end: the last octet is always among
// them. Of a TLS handshake, which is longer than the message, it takes fewer.
func (g group) points(total int) []int {
	step := stride
	if g.oneway {
		step = onewayEvery
	}
	var points []int
	for after := total; after >= 0; after -= step {
		points = append(points, after)
		if after < total-message {
			step = max(step, handshakes)
		}
	}
	return points
}

// sent is a message with the deliveries that it may have.
type sent struct {
	id          string
	after       int
	least, most int
}

func (g group) relay(l *lane) *testbed.Relay {
	if g.front {
		return l.front[plainOrTLS(g.secure)]
	}
	return l.back[plainOrTLS(g.secure)]
}

// prepare brings the connection that will be cut into the wanted state.
func (g group) prepare(l *lane) error {
	l.closing.Store(!g.front && !g.pooled)
	if err := l.whole(g.via(), g.to()); err != nil {
		return err
	}
	l.closing.Store(false)
	l.chunked.Store(g.chunked && g.direction == testbed.ToClient)
	l.oneway.Store(g.oneway)
	if g.pooled {
		return nil
	}
	if g.front {
		l.hangUp()
	}
	if err := await(func() bool { return g.relay(l).Open() == 0 }); err != nil {
		return fmt.Errorf("the connection before the fresh one is still open: %w", err)
	}
	return nil
}

func (g group) request(l *lane, id string) []byte {
	path := "/ask"
	if g.oneway {
		path = "/tell"
	}
	return request(l.program, path, l.destination(g.to()), id, 420, g.chunked && g.direction == testbed.ToServer)
}

// learn counts the octets of the direction when nothing is cut.
func (g group) learn(l *lane) (int, error) {
	if err := g.prepare(l); err != nil {
		return 0, err
	}
	r := g.relay(l)
	r.Disarm()
	id := testbed.NewMessageID()
	if _, err := l.exchange(g.via(), g.request(l, id)); err != nil {
		return 0, err
	}
	if n := l.deliveries(g.to(), id, 1); n != 1 {
		return 0, fmt.Errorf("delivered %d times", n)
	}
	// A one-way message is accepted before the back end's answer came.
	if err := g.settle(l); err != nil {
		return 0, err
	}
	return r.Passed(g.direction), nil
}

// settle waits until the octets of the lane's one-way message went through both
// ways: nobody tells when Viaduct has read the back end's answer.
func (g group) settle(l *lane) error {
	if !g.oneway || g.front {
		return nil
	}
	return rest(func() int { return g.relay(l).Passed(testbed.ToClient) })
}

// cut does one case. The error says what the client saw and should not have
// seen; what may have arrived is judged later.
func (g group) cut(l *lane, after, total int) (sent, error) {
	if err := g.prepare(l); err != nil {
		return sent{}, err
	}
	r := g.relay(l)
	s := sent{id: testbed.NewMessageID(), after: after, most: 1}
	r.Arm(testbed.Cut{Direction: g.direction, After: after, Reset: g.reset})
	result, err := l.exchange(g.via(), g.request(l, s.id))
	if await(r.Fired) != nil {
		return s, fmt.Errorf("the cut did not happen; answer %+v, error %w", result, err)
	}
	r.Disarm()
	if g.front {
		l.hangUp()
		return g.judgeFront(s, total, result, err)
	}
	if err != nil {
		return s, fmt.Errorf("no answer: %w", err)
	}
	return g.judgeBack(s, total, result)
}

// judgeBack: Viaduct's connection to the back end was cut, the client's was not.
func (g group) judgeBack(s sent, total int, r *testbed.Result) (sent, error) {
	whole := s.after == total
	switch {
	case g.direction == testbed.ToServer:
		if whole {
			s.least = 1
		}
	case !g.secure || g.pooled:
		s.least = 1 // an answer began: the request was there
	}
	if g.oneway {
		if r.Status != 202 && !isFault(r) {
			return s, fmt.Errorf("status %d: %s", r.Status, r.Body)
		}
		return s, nil
	}
	ok := r.Status == 200 && r.MessageID == s.id
	switch {
	case ok:
		s.least = 1
		if whole && g.direction == testbed.ToServer {
			return s, errors.New("an answer, though none could pass")
		}
	case !isFault(r):
		return s, fmt.Errorf("neither the answer nor a fault: status %d, id %q: %s", r.Status, r.MessageID, r.Body)
	case whole && g.direction == testbed.ToClient && !g.reset:
		return s, fmt.Errorf("a fault, though the whole answer passed: %s", r.Body)
	}
	return s, nil
}

// judgeFront: the client's own connection was cut.
func (g group) judgeFront(s sent, total int, r *testbed.Result, err error) (sent, error) {
	whole := s.after == total
	if g.direction == testbed.ToServer {
		if !whole {
			s.most = 0 // a message that did not arrive whole is not delivered
		}
		if err == nil && r.Status < 400 {
			return s, fmt.Errorf("status %d for a request that was cut", r.Status)
		}
		return s, nil
	}
	if !g.secure || g.pooled {
		s.least = 1 // the answer began, not only a handshake
	}
	switch {
	case err != nil && whole && !g.reset:
		return s, fmt.Errorf("no answer, though it passed whole: %w", err)
	case err == nil && !whole:
		return s, fmt.Errorf("a whole answer, though it was cut: %d %s", r.Status, r.Body)
	case err == nil && !g.oneway && r.MessageID != s.id:
		return s, fmt.Errorf("another's answer: %d %s", r.Status, r.Body)
	}
	return s, nil
}
