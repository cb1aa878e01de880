package endpoint

import (
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/filter"
)

// Candidates records what a table said of a message, for its decision: that of a
// routing service as well as that of a listener.
func Candidates[T any](list []filter.Explanation[T]) []binding.Candidate {
	out := make([]binding.Candidate, len(list))
	for i, x := range list {
		out[i] = binding.Candidate{
			Name: x.Entry.Name, Pos: x.Entry.Pos, Priority: x.Entry.Priority, Matched: x.Matched, Text: x.Text,
		}
	}
	return out
}
