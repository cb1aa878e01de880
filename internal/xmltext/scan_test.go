package xmltext_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/viaduct-soap/viaduct/internal/xmltext"
)

// cuts gives the lengths of data at successive calls of Next, and sizes of writes.
type cuts func(size int) []int

func whole(size int) []int { return []int{size} }

func octets(size int) (at []int) {
	for i := range size + 1 {
		at = append(at, i)
	}
	return at
}

func random(seed uint64) cuts {
	return func(size int) (at []int) {
		r := rand.New(rand.NewPCG(seed, 1))
		for i := 0; i < size; i += 1 + r.IntN(1+r.IntN(40)) {
			at = append(at, i)
		}
		return append(at, size)
	}
}

var chunkings = map[string]cuts{"whole": whole, "octets": octets, "random": random(7)}

// scan gives the events of doc in the notation of the oracle. The buffer grows by
// the cuts and moves at each of them, so that a view of an old one would show.
func scan(s *xmltext.Scanner, doc []byte, c cuts) (events []string, err error) {
	for _, n := range c(len(doc)) {
		data := doc[:n:n]
		if n < 2000 {
			data = append(bytes.Clone(data), "]]>-->'\">"...)[:n]
		}
		for eof := n == len(doc); ; {
			k, err := s.Next(data, eof)
			if err != nil {
				return nil, err
			}
			if k == xmltext.End {
				return events, nil
			}
			if k == xmltext.More {
				break
			}
			events = append(events, event(s, k, data))
		}
	}
	return nil, errors.New("no end")
}

func event(s *xmltext.Scanner, k xmltext.Kind, data []byte) string {
	raw := s.Token().Of(data)
	switch k {
	case xmltext.StartTag:
		depth := s.Depth()
		if s.Empty() {
			depth++
		}
		line := fmt.Sprintf("start %d {%s}%s", depth, s.Name().Space, s.Name().Local)
		for _, a := range s.Attrs() {
			v, err := xmltext.AppendAttrValue(nil, a.Raw.Of(data))
			if err != nil {
				return err.Error()
			}
			line += fmt.Sprintf(" {%s}%s=%q", a.Name.Space, a.Name.Local, v)
		}
		return fmt.Sprintf("%s empty=%v", line, s.Empty())
	case xmltext.EndTag:
		return fmt.Sprintf("end %d {%s}%s", s.Depth()+1, s.Name().Space, s.Name().Local)
	case xmltext.Comment:
		return fmt.Sprintf("comment %q", raw[4:len(raw)-3])
	case xmltext.Declaration:
		return "declaration"
	default:
	}
	v, err := xmltext.AppendValue(nil, raw)
	if err != nil {
		return err.Error()
	}
	if k == xmltext.CDATA {
		return fmt.Sprintf("cdata %q", v)
	}
	return fmt.Sprintf("text %q", v)
}

// walk writes the rest of doc, from offset on, in pieces.
func walk(w *xmltext.Walk, doc []byte, c cuts) error {
	from := 0
	for _, n := range c(len(doc)) {
		if _, err := w.Write(doc[from:n]); err != nil {
			return err
		}
		from = n
	}
	return w.Close()
}
