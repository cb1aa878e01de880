package assemble

import (
	"strings"

	"github.com/viaduct-soap/viaduct/binding"
	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/uritable"
	"github.com/viaduct-soap/viaduct/internal/xmltext"
	"github.com/viaduct-soap/viaduct/soap"
)

// side is the end of a connection that a binding stands at: some settings have
// a meaning on one only.
type side uint8

const (
	listening side = iota
	sending
)

type bindingKey struct {
	c    *configs.Binding
	side side
}

type defaultKey struct {
	kind string
	side side
}

// binding builds the binding of an endpoint, one for all endpoints that share
// its configuration. Defaults of a kind are one configuration, though each
// endpoint has its own to consume (dispatch 5.2).
func (b *builder) binding(c *configs.Binding, s side) (*binding.Binding, error) {
	key := bindingKey{c, s}
	if got, ok := b.bindings[key]; ok {
		return got, nil
	}
	version, err := soap.Parse(c.MessageVersion())
	if err != nil {
		return nil, c.Error("", c.Kind+" is not served: "+err.Error())
	}
	out := &binding.Binding{
		Kind: c.Kind, Configuration: c.Name.Get(), Pos: c.Pos(),
		Scheme:  c.Scheme(),
		Version: version,
		Charset: charset(c.TextEncoding.Get()),
		Timeouts: binding.Timeouts{
			Open: c.OpenTimeout.Get(), Close: c.CloseTimeout.Get(), Send: c.SendTimeout.Get(), Receive: c.ReceiveTimeout.Get(),
		},
		Transfer: transfer(c),
		Limits:   b.limits(c),
	}
	if c.Security != nil {
		c.Security.ClientCredential.Get() // None is served, and File.Err refuses the rest
		c.Security.ProxyCredential.Get()
	}
	b.oneSided(out, c, s)
	if c.Kind == "customBinding" {
		out.ManualAddressing = c.ManualAddressing.Get()
	}
	out.KeepAlive = !c.KeepAliveEnabled.Written() || c.KeepAliveEnabled.Get()
	if !c.Written() {
		shared := defaultKey{c.Kind, s}
		if got, ok := b.defaults[shared]; ok {
			out = got
		}
		b.defaults[shared] = out
	}
	b.bindings[key] = out
	return out, nil
}

// oneSided consumes what has a meaning on one side only.
func (b *builder) oneSided(out *binding.Binding, c *configs.Binding, s side) {
	if s == listening {
		out.HostMode = hostMode(c.HostNameComparisonMode.Get())
		out.RequestHead = c.RequestInitTimeout.Get()
		// The protective limits of the web server hold beside the binding's own.
		for _, most := range []int64{b.file.Web.MaxRequestLength.Get() * 1024, b.file.Web.MaxAllowedContentLength.Get()} {
			if most > 0 {
				out.Limits.Message = min(out.Limits.Message, most)
			}
		}
		return
	}
	out.Proxy = c.ProxyAddress.Get()
	out.BypassProxyOnLocal = c.BypassProxyOnLocal.Get()
	out.NoDecompression = c.DecompressionEnabled.Written() && !c.DecompressionEnabled.Get()
	if !c.UseDefaultWebProxy.Peek() {
		c.UseDefaultWebProxy.Get() // Viaduct never takes a proxy from the machine's settings
	}
}

// limits builds the limits of a binding (threats 3.1): what the file says wins
// over the default, and the settings may lower it.
func (b *builder) limits(c *configs.Binding) soap.Limits {
	streamed := c.Streamed(false) || c.Streamed(true)
	l := soap.Limits{
		Message: c.MaxReceivedMessageSize.Get(),
		Header:  64 << 10,
		XML:     xmltext.Limits{Depth: 128},
	}
	if streamed {
		l.XML.Depth = 32
	}
	// Design, section 10: maxBufferSize above 64 KiB raises the header limit in
	// streamed modes, as in WCF.
	if size := c.BufferSize(); streamed && size > int64(l.Header) {
		l.Header = int(size)
	}
	if q := c.ReaderQuotas; q != nil {
		if n := q.MaxDepth.Get(); n > 0 {
			l.XML.Depth = int(n)
		}
		if n := q.MaxBytesPerRead.Get(); n > 0 {
			l.XML.StartTag = int(n)
		}
		if n := q.MaxNameTableCharCount.Get(); n > 0 {
			l.XML.NameTable = int(n)
		}
	}
	b.lower(&l)
	return l
}

func transfer(c *configs.Binding) binding.TransferMode {
	switch c.TransferMode.Get() {
	case "Streamed":
		return binding.Streamed
	case "StreamedRequest":
		return binding.StreamedRequest
	case "StreamedResponse":
		return binding.StreamedResponse
	default:
		return binding.Buffered
	}
}

func charset(name string) binding.CharacterEncoding {
	switch strings.ToLower(name) {
	case "utf-16", "unicode", "utf-16le":
		return binding.UTF16LE
	case "unicodefffe", "utf-16be":
		return binding.UTF16BE
	default:
		return binding.UTF8
	}
}

func hostMode(name string) uritable.Mode {
	switch name {
	case "Exact":
		return uritable.Exact
	case "WeakWildcard":
		return uritable.WeakWildcard
	default:
		return uritable.StrongWildcard
	}
}
