package soap

import "github.com/viaduct-soap/viaduct/internal/xmltext"

// Limits returns the limits of the XML under which the message was decoded: who
// reads its body again need not ask for more.
func (e *Envelope) Limits() xmltext.Limits { return e.opts.Limits.XML }
