package routing

import (
	"context"
	"errors"
	"sync"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/filter"
)

// Service is a routing service: one filter table and its destinations. It is
// immutable.
type Service struct {
	table *filter.Table[*Route]
}

var _ binding.Handler = (*Service)(nil)

// NewService returns a service that routes by t.
func NewService(t *filter.Table[*Route]) *Service { return &Service{table: t} }

// Handle routes one message. It takes over the caller's reference.
func (s *Service) Handle(ctx context.Context, req *binding.Request) (*binding.Reply, error) {
	defer req.Release()
	if req.Shape == binding.OneWay {
		return nil, s.multicast(ctx, req)
	}
	route, err := s.match(ctx, req)
	if err != nil {
		return nil, err
	}
	req.Decision.Routed(route.Value.choice)
	got, err := follow(ctx, req, route.Value)
	if err != nil {
		return nil, err
	}
	mirror(req, &got)
	return answer(ctx, req, &got)
}

// inputs are what filters saw of messages that are gone: an Input escapes, and is
// large.
var inputs = sync.Pool{New: func() any { return new(filter.Input) }}

// input returns what filters see of a message, until it is given back.
func input(req *binding.Request) *filter.Input {
	in, ok := inputs.Get().(*filter.Input)
	if !ok {
		in = new(filter.Input)
	}
	in.Reset(req.Envelope, &req.Properties, req.Endpoint)
	return in
}

func giveBack(in *filter.Input) {
	in.Reset(nil, nil, "")
	inputs.Put(in)
}

// match finds the one route of a message.
func (s *Service) match(ctx context.Context, req *binding.Request) (*filter.Entry[*Route], error) {
	if err := s.hold(ctx, req); err != nil {
		return nil, err
	}
	in := input(req)
	defer giveBack(in)
	route, err := s.table.Match(in)
	s.explain(req, in, err)
	return route, err
}

// matchAll appends the routes of a one-way message to dst, at least one.
func (s *Service) matchAll(ctx context.Context, req *binding.Request, dst []*filter.Entry[*Route]) ([]*filter.Entry[*Route], error) {
	if err := s.hold(ctx, req); err != nil {
		return nil, err
	}
	in := input(req)
	defer giveBack(in)
	routes, err := s.table.MatchAll(dst, in)
	if err == nil && len(routes) == 0 {
		err = filter.ErrNoMatch
	}
	s.explain(req, in, err)
	return routes, err
}

// hold holds the body where filters read it.
func (s *Service) hold(ctx context.Context, req *binding.Request) error {
	if !s.table.ReadsBody() {
		return nil
	}
	return req.Envelope.Body.Hold(ctx, 0)
}

// explain records how each filter stands to the message, where somebody asked.
func (s *Service) explain(req *binding.Request, in *filter.Input, err error) {
	if !req.Explains(err) {
		return
	}
	for _, x := range s.table.Explain(in) {
		req.Decision.Filters = append(req.Decision.Filters, binding.Candidate{
			Name: x.Entry.Name, Pos: x.Entry.Pos, Priority: x.Entry.Priority, Matched: x.Matched, Text: x.Text,
		})
	}
}

// multicast sends a one-way message to every route of the highest level that
// matches (dispatch 8.6). One that fails does not keep the others from theirs.
func (s *Service) multicast(ctx context.Context, req *binding.Request) error {
	var backing [4]*filter.Entry[*Route]
	routes, err := s.matchAll(ctx, req, backing[:0])
	if err != nil {
		return err
	}
	if err := req.Envelope.Body.Hold(ctx, 0); err != nil {
		return err
	}
	var failed []error
	for _, r := range routes {
		req.Decision.Routed(r.Value.choice)
		got, err := follow(ctx, req, r.Value)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		mirror(req, &got)
		got.drop() // who sent one way wants no answer
	}
	return errors.Join(failed...)
}
