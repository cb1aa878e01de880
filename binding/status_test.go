package binding_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/refusal"
)

func TestClassifyAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status       int
		typed, empty bool
		want         binding.Answer
		kind         binding.Kind
	}{
		{status: 200, typed: true, want: binding.AnswerMessage},
		{status: 500, typed: true, want: binding.AnswerMessage},
		{status: 202, empty: true, want: binding.AnswerAccepted},
		{status: 200, empty: true, want: binding.AnswerAccepted},
		{status: 202, typed: true, want: binding.AnswerMessage},
		{status: 200, want: binding.AnswerFailure, kind: binding.Protocol},
		{status: 500, empty: true, want: binding.AnswerFailure, kind: binding.Protocol},
		{status: 404, empty: true, want: binding.AnswerFailure, kind: binding.NotFound},
		{status: 503, typed: true, want: binding.AnswerFailure, kind: binding.Busy},
		{status: 504, empty: true, want: binding.AnswerFailure, kind: binding.Timeout},
		{status: 401, empty: true, want: binding.AnswerFailure, kind: binding.Security},
		{status: 403, empty: true, want: binding.AnswerFailure, kind: binding.Security},
		{status: 400, typed: true, want: binding.AnswerMessage},
		{status: 400, empty: true, want: binding.AnswerFailure, kind: binding.Protocol},
		{status: 400, want: binding.AnswerFailure, kind: binding.Protocol},
		{status: 413, empty: true, want: binding.AnswerFailure, kind: binding.Protocol},
		{status: 415, empty: true, want: binding.AnswerFailure, kind: binding.Protocol},
		{status: 302, empty: true, want: binding.AnswerFailure, kind: binding.Protocol},
	} {
		got, kind := binding.ClassifyAnswer(c.status, c.typed, c.empty)
		assert.Equal(t, c.want, got, "%+v", c)
		assert.Equal(t, c.kind, kind, "%+v", c)
	}
}

func TestRefusalStatus(t *testing.T) {
	t.Parallel()
	for reason, want := range map[refusal.Reason]int{
		refusal.XMLDTD: 400, refusal.SOAPVersion: 400, refusal.WSAInvalidAddress: 400, refusal.HTTPDuplicate: 400,
		refusal.HTTPPath: 404, refusal.HTTPMethod: 405, refusal.HTTPSlow: 408, refusal.SizeMessage: 413,
		refusal.HTTPContentType: 415, refusal.HTTPExpect: 417, refusal.HTTPVersion: 505, refusal.LimitConnections: 503,
		refusal.WSANone: 202,
	} {
		got, ok := binding.RefusalStatus(reason)
		assert.True(t, ok, reason)
		assert.Equal(t, want, got, reason)
	}
	for _, reason := range []refusal.Reason{
		refusal.WSACardinality, refusal.SOAPActionMismatch, refusal.LimitCalls, refusal.LimitMemory,
		refusal.UpstreamFraming, refusal.FilterNoMatch, refusal.Internal, refusal.WSSWouldBreak, refusal.WSALoop,
	} {
		_, ok := binding.RefusalStatus(reason)
		assert.False(t, ok, "%s is answered with a fault", reason)
	}
}
