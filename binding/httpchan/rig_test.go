package httpchan_test

import (
	"context"
	"net"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/httpchan"
	"github.com/viaduct-soap/viaduct/binding/textxml"
	"github.com/viaduct-soap/viaduct/internal/buf"
	"github.com/viaduct-soap/viaduct/internal/testbed"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

func TestMain(m *testing.M) {
	code := buf.Main(m)
	err := goleak.Find()
	for range 5 { // net/http rests for half a second before it closes some connections
		if err == nil {
			break
		}
		err = goleak.Find()
	}
	if err != nil && code == 0 {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		code = 1
	}
	os.Exit(code)
}

// patience is how long a test waits for what has to come.
const patience = 20 * time.Second

// dispatch is a dispatcher that is a function.
type dispatch func(uritable.URI) *binding.Listener

func (d dispatch) Listener(via uritable.URI) *binding.Listener { return d(via) }

// everywhere is a dispatcher with one listener for every request.
func everywhere(l *binding.Listener) binding.Dispatcher {
	return dispatch(func(uritable.URI) *binding.Listener { return l })
}

// listener returns one of SOAP 1.1 with the limits of WCF.
func listener(h binding.HandlerFunc) *binding.Listener {
	b := &binding.Binding{Kind: "basicHttpBinding", Version: soap.Soap11, KeepAlive: true}
	return &binding.Listener{
		Name: "test", Binding: b, Encoder: textxml.New(b.Version, binding.UTF8),
		Limits: soap.Limits{Message: 64 << 10}, Handler: h,
	}
}

// echo answers a message with itself.
func echo(_ context.Context, req *binding.Request) (*binding.Reply, error) {
	d := soap.NewDraft(req.Envelope)
	req.Release()
	return &binding.Reply{Draft: d}, nil
}

// accept takes a message and says nothing.
func accept(_ context.Context, req *binding.Request) (*binding.Reply, error) {
	req.Release()
	return nil, nil //nolint:nilnil // the documented outcome "accepted"
}

// serve runs a front on a free port of 127.0.0.1 until the end of the test.
func serve(tb testing.TB, d binding.Dispatcher, o httpchan.FrontOptions) (front *httpchan.Front, address string) {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	front = httpchan.NewFront(d, o)
	served := make(chan error, 1)
	go func() { served <- front.Serve(context.Background(), l) }()
	tb.Cleanup(func() {
		require.NoError(tb, front.Close())
		require.NoError(tb, <-served)
	})
	return front, l.Addr().String()
}

// dial opens a connection for the length of the test.
func dial(tb testing.TB, address string) *testbed.Client {
	tb.Helper()
	c, err := testbed.Dial(tb.Context(), address, nil)
	require.NoError(tb, err)
	tb.Cleanup(c.Close)
	return c
}

func itoa(n int) string { return strconv.Itoa(n) }

// dialRaw opens a connection for the length of the test.
func dialRaw(tb testing.TB, address string) net.Conn {
	tb.Helper()
	c, err := new(net.Dialer).DialContext(tb.Context(), "tcp", address)
	require.NoError(tb, err)
	require.NoError(tb, c.SetDeadline(time.Now().Add(patience)))
	tb.Cleanup(func() { _ = c.Close() })
	return c
}
