package hosting

import (
	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/internal/uritable"
)

// Listeners returns the registrations of the snapshot in force, in no order. One
// listener may have several.
func (h *Host) Listeners() []*uritable.Entry[*binding.Listener] {
	return h.current.Load().listeners.Entries()
}
