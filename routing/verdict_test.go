package routing_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/routing"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	const (
		none    = binding.NotDelivered
		unknown = binding.Unknown
	)
	for _, c := range []struct {
		name     string
		kind     binding.Kind
		delivery binding.Delivery
		o        routing.Outcome
		want     routing.Step
	}{
		{name: "not found, backup left", kind: binding.NotFound, o: routing.Outcome{Backups: true, Left: 1}, want: routing.Next},
		{name: "not found, list exhausted", kind: binding.NotFound, o: routing.Outcome{Backups: true}, want: routing.Fail},
		{name: "other never repeats", kind: binding.Other, o: routing.Outcome{Backups: true, Left: 1}, want: routing.Fail},
		{name: "aborted is tried again once", kind: binding.Aborted, delivery: unknown, o: routing.Outcome{Backups: true, Left: 1}, want: routing.Again},
		{name: "aborted again is next", kind: binding.Aborted, delivery: unknown, o: routing.Outcome{Backups: true, Left: 1, Repeated: true}, want: routing.Next},
		{name: "aborted, unknown, no backup", kind: binding.Aborted, delivery: unknown, want: routing.Fail},
		{name: "aborted, unknown, repeatable", kind: binding.Aborted, delivery: unknown, o: routing.Outcome{Repeatable: true}, want: routing.Again},
		{name: "aborted, not delivered, no backup", kind: binding.Aborted, delivery: none, want: routing.Again},
		{name: "security without backups", kind: binding.Security, o: routing.Outcome{}, want: routing.Fail},
		{name: "security with backups", kind: binding.Security, o: routing.Outcome{Backups: true, Left: 1}, want: routing.Again},
		{name: "protocol without backups, not delivered", kind: binding.Protocol, want: routing.Again},
		{name: "protocol without backups, answered", kind: binding.Protocol, delivery: binding.Answered, want: routing.Fail},
		{name: "protocol one-way", kind: binding.Protocol, o: routing.Outcome{OneWay: true, Backups: true, Left: 1}, want: routing.Next},
		{name: "timeout with backups", kind: binding.Timeout, delivery: unknown, o: routing.Outcome{Backups: true, Left: 1}, want: routing.Next},
		{name: "timeout without backups", kind: binding.Timeout, delivery: unknown, o: routing.Outcome{Left: 0}, want: routing.Fail},
		{name: "busy with backups", kind: binding.Busy, delivery: binding.Answered, o: routing.Outcome{Backups: true, Left: 2}, want: routing.Next},
		{name: "not found, another member", kind: binding.NotFound, o: routing.Outcome{Members: true}, want: routing.Next},
		{name: "security, not delivered, another member", kind: binding.Security, o: routing.Outcome{Members: true}, want: routing.Next},
		{name: "security, answered, another member", kind: binding.Security, delivery: binding.Answered, o: routing.Outcome{Members: true, Repeatable: true}, want: routing.Fail},
		{name: "timeout, another member", kind: binding.Timeout, delivery: unknown, o: routing.Outcome{Members: true}, want: routing.Fail},
		{name: "timeout, another member, repeatable", kind: binding.Timeout, delivery: unknown, o: routing.Outcome{Members: true, Repeatable: true}, want: routing.Next},
		{name: "too late for another attempt", kind: binding.NotFound, o: routing.Outcome{Backups: true, Left: 1, Late: true}, want: routing.Fail},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.o.Err = &binding.SendError{Kind: c.kind, Delivery: c.delivery}
			c.o.Replayable = true
			assert.Equal(t, c.want, routing.Judge(c.o))
			c.o.Replayable = false
			assert.Equal(t, routing.Fail, routing.Judge(c.o), "a consumed body cannot be sent again")
		})
	}
}
