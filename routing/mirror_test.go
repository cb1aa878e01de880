package routing_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/viaduct-soap/viaduct/binding"
	docs "github.com/viaduct-soap/viaduct/internal/infoset"
	"github.com/viaduct-soap/viaduct/routing"
	"github.com/viaduct-soap/viaduct/soap"
)

// mirrored is a route with a mirror.
type mirrored struct {
	first, second *channel
	results       *routing.MirrorResults
	lines         bytes.Buffer
	running       sync.WaitGroup
	closed        bool
	mirror        routing.Mirror
}

// newMirrored answers with first, and to copies with second.
func newMirrored(first, second *channel) *mirrored {
	m := &mirrored{first: first, second: second, results: routing.NewMirrorResults(3)}
	m.results.SetWriter(routing.NewJSONLines(&m.lines))
	m.mirror = routing.Mirror{Compare: true, Results: m.results, Detach: m.detach}
	return m
}

func (m *mirrored) detach(f func(context.Context)) bool {
	if m.closed {
		return false
	}
	m.running.Go(func() { f(context.Background()) })
	return true
}

func (m *mirrored) service(tb testing.TB) *routing.Service {
	tb.Helper()
	m.mirror.To = destination(tb, m.second, "http://new:9000/", routing.Destination{Name: "new", ProcessMessages: true})
	d := routing.Destination{Name: "old", ProcessMessages: true, Mirror: routing.NewMirror(m.mirror)}
	return service(tb, routing.Route{Filter: "all", Destinations: []*routing.Destination{destination(tb, m.first, "http://old:9000/", d)}})
}

// send sends one message, waits for its copy, and returns the client's answer.
func (m *mirrored) send(tb testing.TB, shape binding.Shape) string {
	tb.Helper()
	req := request(tb, soap.Soap11, place, "urn:place", soap.DecodeOptions{})
	req.Shape = shape
	reply, err := m.service(tb).Handle(context.Background(), req)
	require.NoError(tb, err)
	answer := text(tb, reply)
	m.running.Wait()
	return answer
}

func TestMirror(t *testing.T) {
	t.Parallel()
	other := strings.Replace(placed, "<Placed/>", "<Placed id=\"2\"/>", 1)
	prefixed := strings.NewReplacer("<s:", "<soap:", "</s:", "</soap:", "xmlns:s=", "xmlns:soap=").Replace(placed)
	for _, c := range []struct {
		name          string
		first, second *channel
		shape         binding.Shape
		plain         bool
		ignore        string
		want          routing.MirrorCounts
		line          string // of what was found, "" for nothing
	}{
		{name: "same", first: answering(200, placed), second: answering(200, prefixed), want: routing.MirrorCounts{Copied: 1, Same: 1}},
		{
			name: "other", first: answering(200, placed), second: answering(200, other), want: routing.MirrorCounts{Copied: 1, Different: 1},
			line: `"first":"reply","second":"reply","differences":[{"path":"/Envelope/Body/Placed/@id","kind":"extra","b":"2"}]`,
		},
		{name: "other, ignored", first: answering(200, placed), second: answering(200, other), ignore: "//Placed/@id", want: routing.MirrorCounts{Copied: 1, Same: 1}},
		{name: "other, not compared", first: answering(200, placed), second: answering(200, other), plain: true, want: routing.MirrorCounts{Copied: 1}},
		{
			name: "fault", first: answering(200, placed), second: answering(500, faulted), want: routing.MirrorCounts{Copied: 1, Different: 1},
			line: `"first":"reply","second":"fault"`,
		},
		{name: "both accept", first: answering(202, ""), second: answering(202, ""), shape: binding.Either, want: routing.MirrorCounts{Copied: 1, Same: 1}},
		{
			name: "accepted", first: answering(202, ""), second: answering(200, placed), shape: binding.Either, want: routing.MirrorCounts{Copied: 1, Different: 1},
			line: `"first":"accepted","second":"reply"`,
		},
		{
			name: "failed", first: answering(200, placed), second: failing(binding.NotFound, binding.NotDelivered), want: routing.MirrorCounts{Copied: 1, Failed: 1, Different: 1},
			line: `"first":"reply","second":"failed: `,
		},
		{name: "one-way only counts", first: answering(202, ""), second: answering(200, placed), shape: binding.OneWay, want: routing.MirrorCounts{Copied: 1}},
		{name: "one-way fails", first: answering(202, ""), second: failing(binding.Timeout, binding.Unknown), shape: binding.OneWay, want: routing.MirrorCounts{Copied: 1, Failed: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := newMirrored(c.first, c.second)
			m.mirror.Compare = !c.plain
			if c.ignore != "" {
				p, err := docs.ParsePath(c.ignore)
				require.NoError(t, err)
				m.mirror.Ignore = []docs.Path{p}
			}
			shape := c.shape
			if shape == binding.Either && c.name != "both accept" && c.name != "accepted" {
				shape = binding.RequestReply
			}
			answer := m.send(t, shape)
			if shape == binding.RequestReply {
				assert.Equal(t, placed, answer, "the client's answer is the first one's")
			}
			assert.Equal(t, c.want, m.results.Counts())
			require.Len(t, c.second.sent, 1)
			assert.Equal(t, c.first.sent[0].text, c.second.sent[0].text)
			line := m.lines.String()
			if c.line == "" {
				assert.Empty(t, line)
				return
			}
			assert.Contains(t, line, c.line)
			assert.Equal(t, 1, strings.Count(line, "\n"))
			var d routing.Difference
			require.NoError(t, json.Unmarshal([]byte(line), &d))
			assert.Equal(t, "old", d.Endpoint)
			assert.Equal(t, "new", d.Mirror)
			assert.Equal(t, "urn:place", d.Action)
			assert.WithinDuration(t, time.Now(), d.Time, time.Minute)
		})
	}
}

// TestMirror_neverDelays: the client has its answer while the second service has
// not even seen the copy; more copies than allowed are dropped.
func TestMirror_neverDelays(t *testing.T) {
	t.Parallel()
	wait := make(chan struct{})
	m := newMirrored(answering(200, placed), &channel{version: soap.Soap11, answers: func(int) (int, string, error) {
		<-wait
		return 200, placed, nil
	}})
	m.mirror.Most = 1
	handler := m.service(t)
	for range 3 {
		reply, err := handler.Handle(context.Background(), request(t, soap.Soap11, place, "urn:place", soap.DecodeOptions{}))
		require.NoError(t, err)
		assert.Equal(t, placed, text(t, reply))
	}
	assert.Equal(t, int64(1), m.results.Counts().InProgress)
	close(wait)
	m.running.Wait()
	assert.Equal(t, routing.MirrorCounts{Copied: 1, Same: 1, Dropped: 2}, m.results.Counts())
}

func TestMirror_notCopied(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(m *mirrored)
		req     func(testing.TB) *binding.Request
		dropped uint64
	}{
		"shutting down":     {prepare: func(m *mirrored) { m.closed = true }, dropped: 1},
		"body was not kept": {req: arriving, dropped: 1},
		"nobody answered":   {prepare: func(m *mirrored) { m.first.answers = failing(binding.NotFound, binding.NotDelivered).answers }},
		"challenge": {prepare: func(m *mirrored) {
			m.first.answers = func(int) (int, string, error) {
				return 0, "", &binding.SendError{Kind: binding.Security, Delivery: binding.Answered, Status: 401, HTTP: binding.HTTPFields{{Name: "WWW-Authenticate", Value: "NTLM"}}}
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMirrored(answering(200, placed), answering(200, placed))
			if c.prepare != nil {
				c.prepare(m)
			}
			req := request(t, soap.Soap11, place, "urn:place", soap.DecodeOptions{})
			if c.req != nil {
				req.Release()
				req = c.req(t)
			}
			reply, _ := m.service(t).Handle(context.Background(), req)
			text(t, reply)
			m.running.Wait()
			assert.Equal(t, routing.MirrorCounts{Dropped: c.dropped}, m.results.Counts())
			assert.Empty(t, m.second.sent)
		})
	}
}

// TestMirror_panic ends one copy.
func TestMirror_panic(t *testing.T) {
	t.Parallel()
	m := newMirrored(answering(200, placed), &channel{version: soap.Soap11, answers: func(int) (int, string, error) { panic("broken") }})
	assert.Equal(t, placed, m.send(t, binding.RequestReply))
	assert.Equal(t, routing.MirrorCounts{Copied: 1, Failed: 1}, m.results.Counts())
	assert.Contains(t, m.results.Last()[0].Second, "panic: broken")
}

// TestMirror_uncompared: an answer that was not kept, or is too long.
func TestMirror_uncompared(t *testing.T) {
	t.Parallel()
	for problem, c := range map[string]streaming{
		"an answer was streamed, and not kept":                     {},
		"an answer has 1400111 octets; up to 1048576 are compared": {held: 1_400_000},
	} {
		m := newMirrored(answering(200, placed), answering(200, placed))
		handler := m.service(t)
		m.mirror.To.Channel = c
		reply, err := handler.Handle(context.Background(), request(t, soap.Soap11, place, "urn:place", soap.DecodeOptions{}))
		require.NoError(t, err)
		text(t, reply)
		m.running.Wait()
		assert.Equal(t, routing.MirrorCounts{Copied: 1, Uncompared: 1}, m.results.Counts())
		assert.Equal(t, problem, m.results.Last()[0].Problem)
	}
}

// broken is a file that cannot be written.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestMirrorResults_last(t *testing.T) {
	t.Parallel()
	n := 0
	m := newMirrored(answering(200, placed), &channel{version: soap.Soap11, answers: func(int) (int, string, error) {
		n++
		return 200, strings.Replace(placed, "<Placed/>", strings.Repeat("<Placed/>", n+1), 1), nil
	}})
	m.results.SetWriter(routing.NewJSONLines(broken{}))
	for range 5 {
		m.send(t, binding.RequestReply)
	}
	last := m.results.Last()
	require.Len(t, last, 3)
	assert.Len(t, last[0].Differences, 5, "the newest first")
	assert.Len(t, last[2].Differences, 3)
	assert.Equal(t, uint64(5), m.results.Counts().Lost)
	m.results.SetWriter(nil)
	m.send(t, binding.RequestReply)
	assert.Equal(t, uint64(5), m.results.Counts().Lost)
}
