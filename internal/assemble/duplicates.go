package assemble

import (
	"time"

	"github.com/viaduct-soap/viaduct/addressing"
)

// duplicates returns what refuses a MessageID that an endpoint has seen
// (wsa.duplicateMessageID), nil where the settings want none. The memory
// outlives configurations: a reload must not let a message through twice.
func (b *builder) duplicates(endpoint string) func(*addressing.Properties) error {
	if b.settings.WSA.DuplicateMessageID.Get() != "refuse" {
		return nil
	}
	w := b.windows[endpoint]
	if w == nil && b.prior != nil {
		w = b.prior.current.Load().windows[endpoint]
	}
	if w == nil {
		w = addressing.NewWindow(0, 0)
	}
	b.windows[endpoint] = w
	return func(p *addressing.Properties) error {
		id, err := p.MessageID()
		if err != nil {
			return err
		}
		return w.Check(time.Now(), id)
	}
}
