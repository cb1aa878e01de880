package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Example shows what the targets of a run look like.
func Example() {
	of := func(cpu time.Duration) []sample { return []sample{{rate: 1000, cpu: cpu}} }
	r := &report{b: &bench{}, comparisons: []*comparison{{title: "1 kB", size: 1024, rows: []*row{
		{proxy: &proxy{name: "viaduct"}, samples: of(25 * time.Microsecond)},
		{proxy: &proxy{name: "nginx"}, samples: of(10 * time.Microsecond)},
	}}}}
	var w strings.Builder
	r.targets(&w)
	fmt.Print(w.String())
	// Output:
	// | target                       | wanted | measured |     |
	// |------------------------------|-------:|---------:|----:|
	// | 1 kB: CPU of viaduct / nginx |   <= 3 |     2.50 | met |
}

// backendForTest serves until the end of the test.
func backendForTest(t *testing.T) string {
	t.Helper()
	addr, err := freeAddr(t.Context())
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- serveBackend(t.Context(), addr) }()
	t.Cleanup(func() { assert.NoError(t, <-done) })
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}, 5*time.Second, 5*time.Millisecond)
	return addr
}

// lines runs f with a file as its output and returns what it wrote.
func lines(t *testing.T, f func(out *os.File) error) []string {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	require.NoError(t, f(out))
	require.NoError(t, out.Close())
	b, err := os.ReadFile(out.Name())
	require.NoError(t, err)
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}

func TestLoad(t *testing.T) {
	t.Parallel()
	addr := backendForTest(t)
	for _, rate := range []float64{0, 500} {
		for _, size := range []int{512, 100 << 10} {
			l := lines(t, func(out *os.File) error {
				return runLoad(t.Context(), loadOptions{
					addr: addr, path: pathAnswer, conns: 4, size: size, rate: rate, most: 1e6,
					warm: 20 * time.Millisecond, run: 200 * time.Millisecond,
				}, out)
			})
			require.Equal(t, []string{"start", "stop"}, l[:2])
			var r loadResult
			require.NoError(t, json.Unmarshal([]byte(l[2]), &r))
			assert.Zero(t, r.Wrong, r.Error)
			assert.Positive(t, r.Messages)
			if rate > 0 {
				assert.LessOrEqual(t, r.Messages, int64(110), "a fixed rate of 500/s for 0.2 s, and what was late before")
			}
		}
	}
}

func TestLoad_findsWrongAnswers(t *testing.T) {
	t.Parallel()
	a := newAnswer()
	a.set([]byte("0000-000000000001"), 7)
	good := a.octets[a.body:]
	chunked := []byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n" + string(good[:1]) + "\r\n1ff\r\n" + string(good[1:]) + "\r\n0\r\n\r\n")
	flipped := bytes.Clone(a.octets)
	flipped[len(flipped)-20] ^= 1
	for _, tt := range []struct {
		name   string
		octets []byte
		ok     bool
	}{
		{"sized", a.octets, true},
		{"chunked", chunked, true},
		{"one bit", flipped, false},
		{"cut", a.octets[:len(a.octets)-1], false},
		{"chunked and cut", chunked[:len(chunked)-4], false},
		{"short", []byte("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + string(good[:1])), false},
		{"status", []byte("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"), false},
		{"nothing", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, r := range []io.Reader{bytes.NewReader(tt.octets), iotest.OneByteReader(bytes.NewReader(tt.octets))} {
				err := compare(newWire(readConn{Reader: r}), good)
				assert.Equal(t, tt.ok, err == nil, "%v", err)
			}
		})
	}
}

// readConn is a connection that only reads.
type readConn struct {
	net.Conn
	io.Reader
}

func (r readConn) Read(p []byte) (int, error) { return r.Reader.Read(p) }

func TestSumUp_overAnyPieces(t *testing.T) {
	t.Parallel()
	req := newRequest("h", "/", 2000)
	req.number(0xabcdef)
	for _, r := range []io.Reader{bytes.NewReader(req.octets), iotest.OneByteReader(bytes.NewReader(req.octets)), iotest.HalfReader(bytes.NewReader(req.octets))} {
		w, a, want := newWire(readConn{Reader: r}), newAnswer(), newAnswer()
		_, err := w.head()
		require.NoError(t, err)
		require.NoError(t, sumUp(w, a, nil))
		want.set(req.octets[req.ids[0]:req.ids[0]+17], req.sum)
		assert.Equal(t, string(want.octets), string(a.octets))
		assert.Contains(t, string(a.octets), "0000-000000abcdef")
	}
	require.Len(t, req.ids, 2)
}

func TestStreams(t *testing.T) {
	t.Parallel()
	addr := backendForTest(t)
	l := lines(t, func(out *os.File) error { return runStreams(t.Context(), addr, pathStream, 8, 3<<20, out) })
	var r streamResult
	require.NoError(t, json.Unmarshal([]byte(l[0]), &r))
	assert.Empty(t, r.Errors)
	assert.EqualValues(t, 8*3<<20, r.Octets)
}

func TestCheckStream_findsDifferences(t *testing.T) {
	t.Parallel()
	const size = 200_000
	var whole bytes.Buffer
	require.NoError(t, sendStream(writeConn{Writer: &whole}, "HTTP/1.1 200 OK\r\n", streamHead+"<m:begin/>", plan{Seed: 3, Size: size}))
	check := func(octets []byte, seed int64) error {
		w := newWire(readConn{Reader: bytes.NewReader(octets)})
		if _, err := w.head(); err != nil {
			return err
		}
		return checkStream(w, "<m:begin/>", func([]byte) (plan, error) { return plan{Seed: seed, Size: size}, nil })
	}
	require.NoError(t, check(whole.Bytes(), 3))
	require.Error(t, check(whole.Bytes(), 4), "another stream's content")
	require.Error(t, check(whole.Bytes()[:whole.Len()-1], 3), "cut")
	for _, i := range []int{1000, 100_000, whole.Len() - 3} {
		b := bytes.Clone(whole.Bytes())
		b[i] ^= 1
		require.Error(t, check(b, 3), "octet %d", i)
	}
}

// writeConn is a connection that only writes.
type writeConn struct {
	net.Conn
	io.Writer
}

func (w writeConn) Write(p []byte) (int, error) { return w.Writer.Write(p) }

func TestHistogram(t *testing.T) {
	t.Parallel()
	h, o := &histogram{}, &histogram{}
	for i := range 1000 {
		o.add(time.Duration(i+1) * time.Microsecond)
	}
	h.merge(o)
	assert.InEpsilon(t, 500*time.Microsecond, h.quantile(0.5), 0.03)
	assert.InEpsilon(t, 990*time.Microsecond, h.quantile(0.99), 0.03)
	assert.InEpsilon(t, time.Millisecond, h.quantile(1-1e-9), 0.03)
	for v := uint64(1); v < 1<<60; v = v*3/2 + 1 {
		require.LessOrEqual(t, lowest(bucket(v)), v)
		require.Greater(t, lowest(bucket(v)+1), v)
	}
	assert.Zero(t, (&histogram{}).quantile(0.5))
}

func TestParsePerf(t *testing.T) {
	t.Parallel()
	n, ok := parsePerf("12345,,instructions,1000,100.00,,\n")
	assert.True(t, ok)
	assert.EqualValues(t, 12345, n)
	_, ok = parsePerf("<not supported>,,instructions,0,100.00,,\n")
	assert.False(t, ok)
	_, ok = parsePerf("")
	assert.False(t, ok)
}

func TestInsert(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "performance.md")
	require.NoError(t, insert(file, "one\n"))
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, append([]byte("before\n"), append(b, "after\n"...)...), 0o600))
	require.NoError(t, insert(file, "two\n"))
	b, err = os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "before\n"+markBegin+"two\n"+markEnd+"after\n", string(b))
}

// FuzzWire reads messages whole and octet by octet: both give the same.
func FuzzWire(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
	f.Add([]byte("x\r\n\r\nc"))
	f.Fuzz(func(t *testing.T, data []byte) {
		read := func(r io.Reader) (body []byte, failed bool) {
			w := newWire(readConn{Reader: r})
			if _, err := w.head(); err != nil {
				return nil, true
			}
			for {
				p, err := w.next()
				body = append(body, p...)
				if err != nil {
					return body, !errors.Is(err, io.EOF)
				}
			}
		}
		whole, failed := read(bytes.NewReader(data))
		bits, alsoFailed := read(iotest.OneByteReader(bytes.NewReader(data)))
		assert.Equal(t, failed, alsoFailed)
		assert.Equal(t, string(whole), string(bits))
	})
}

func TestRun_wrongUsage(t *testing.T) {
	t.Parallel()
	require.Error(t, run(t.Context(), []string{"-role=nobody"}, os.Stdout))
	require.Error(t, run(t.Context(), []string{"-sizes=0"}, os.Stdout))
}

func TestAnswerAll_badRequests(t *testing.T) {
	t.Parallel()
	for _, octets := range []string{"POST", "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "POST /stream HTTP/1.1\r\nContent-Length: 1\r\n\r\nx"} {
		err := answerAll(readConn{Reader: strings.NewReader(octets)})
		require.Error(t, err, octets)
		assert.NotErrorIs(t, err, io.EOF)
	}
}
