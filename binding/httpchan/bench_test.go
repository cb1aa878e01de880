package httpchan_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/binding/httpchan"
	"github.com/viaduct-soap/viaduct/binding/textxml"
	"github.com/viaduct-soap/viaduct/internal/http1"
	"github.com/viaduct-soap/viaduct/internal/testbed"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/soap"
)

var benchSizes = []struct {
	name   string
	octets int
}{{"1k", 1 << 10}, {"32k", 32 << 10}, {"1m", 1 << 20}}

// BenchmarkFront_exchange is one request and its answer, which is the request,
// over loopback. Client and front share the process.
func BenchmarkFront_exchange(b *testing.B) {
	for _, s := range benchSizes {
		b.Run("size="+s.name, func(b *testing.B) {
			l := listener(echo)
			l.Limits.Message = 2 << 20
			_, address := serve(b, everywhere(l), httpchan.FrontOptions{})
			c, err := new(net.Dialer).DialContext(b.Context(), "tcp", address)
			require.NoError(b, err)
			b.Cleanup(func() { _ = c.Close() })
			m := testbed.Message{Action: "urn:a", Size: s.octets, ID: testbed.NewMessageID()}
			request := m.Request(address, "/s", false)
			answer := make([]byte, firstAnswer(b, c, request, len(m.Envelope())))
			b.SetBytes(int64(s.octets))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Write(request); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(c, answer); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// firstAnswer makes one exchange and returns the length of the answer, whose
// body is size octets long.
func firstAnswer(b *testing.B, c net.Conn, request []byte, size int) int {
	b.Helper()
	_, err := c.Write(request)
	require.NoError(b, err)
	var got []byte
	part := make([]byte, 64<<10)
	for {
		n, err := c.Read(part)
		require.NoError(b, err)
		got = append(got, part[:n]...)
		if i := bytes.Index(got, []byte("\r\n\r\n")); i >= 0 && len(got) >= i+4+size {
			require.Contains(b, string(got[:i]), "HTTP/1.1 200 ")
			return len(got)
		}
	}
}

// BenchmarkChannel_Request is one message to a raw back end over loopback that
// answers without looking.
func BenchmarkChannel_Request(b *testing.B) {
	for _, s := range benchSizes {
		b.Run("size="+s.name, func(b *testing.B) {
			m := testbed.Message{Action: "urn:a", Size: s.octets, ID: testbed.NewMessageID()}
			address := blindBackend(b, m.Envelope(), m.Response(200, false))
			via, err := uritable.Parse("http://" + address + "/s")
			require.NoError(b, err)
			pool := http1.NewPool(http1.Target{Address: address}, http1.Options{})
			b.Cleanup(pool.Close)
			c := httpchan.NewChannel(httpchan.ChannelOptions{
				Via: via, Pool: pool, Encoder: textxml.New(soap.Soap11, binding.UTF8), Limits: soap.Limits{Message: 2 << 20},
			})
			e, err := soap.Decode(b.Context(), bytes.NewReader(m.Envelope()), soap.DecodeOptions{
				Version: soap.Soap11, Size: int64(len(m.Envelope())), Limits: soap.Limits{Message: 2 << 20}, Needs: soap.Needs{Replay: true},
			})
			require.NoError(b, err)
			b.Cleanup(e.Release)
			b.SetBytes(int64(s.octets))
			b.ReportAllocs()
			for b.Loop() {
				in, err := c.Request(context.Background(), &binding.Outgoing{Draft: soap.NewDraft(e), Action: "urn:a"})
				if err != nil {
					b.Fatal(err)
				}
				d := soap.NewDraft(in.Envelope)
				in.Release()
				if _, err := d.WriteTo(io.Discard); err != nil { // a connection that was not read to its end is lost
					b.Fatal(err)
				}
				d.Close()
			}
		})
	}
}

// blindBackend answers each request with the same octets as soon as the end of
// its body is there.
func blindBackend(b *testing.B, envelope, answer []byte) string {
	b.Helper()
	l, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	require.NoError(b, err)
	var wg sync.WaitGroup
	wg.Go(func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		part := make([]byte, 64<<10)
		end := envelope[len(envelope)-64:]
		for {
			var tail []byte
			for !bytes.HasSuffix(tail, end) {
				n, err := c.Read(part)
				if err != nil {
					return
				}
				tail = append(tail, part[max(0, n-64):n]...)
				tail = tail[max(0, len(tail)-64):]
			}
			if _, err := c.Write(answer); err != nil {
				return
			}
		}
	})
	b.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return l.Addr().String()
}
