package assemble

import (
	"time"

	"github.com/viaduct-soap/viaduct/addressing"
	"github.com/viaduct-soap/viaduct/configs"
)

// duplicates returns what refuses a MessageID that an endpoint has seen
// (wsa.duplicateMessageID), nil where the settings want none. The memory
// outlives configurations: a reload must not let a message through twice.
func (b *builder) duplicates(e *configs.Endpoint) func(*addressing.Properties) error {
	if b.settings.WSA.DuplicateMessageID.Get() != "refuse" {
		return nil
	}
	key := e.Service.Name.Peek() + "\x00" + e.EffectiveName()
	w := b.windows[key]
	if w == nil && b.prior != nil {
		w = b.prior.current.Load().windows[key]
	}
	if w == nil {
		w = addressing.NewWindow(0, 0)
	}
	b.windows[key] = w
	return func(p *addressing.Properties) error {
		id, err := p.MessageID()
		if err != nil {
			return err
		}
		return w.Check(time.Now(), id)
	}
}
