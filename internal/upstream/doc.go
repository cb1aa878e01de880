// Package upstream keeps what is known of back ends between messages: how many
// messages are in progress, whether an operator took one out, whether it failed
// too often, what the health checks say, and whose turn it is in a group.
//
// All of it is off unless the settings ask for it; WCF's routing service has
// nothing of the kind. A destination without limits has no [Backend], and costs
// nothing here. The state outlives reloads: a [Registry] keeps one Backend per
// client endpoint, and an [Update] changes its options when a new configuration
// takes force.
//
// The package decides nothing about messages. It says which member of a [Group]
// is next, and whether a back end takes one more ([Backend.Acquire]); whether a
// message may be sent again is decided by package routing alone (design,
// principle 5). It does not know how a back end is spoken to either: health
// checks are functions that the caller gives.
//
// Time is an argument wherever a decision rests on it. Waiting for a place and
// the pauses between health checks use timers.
package upstream
