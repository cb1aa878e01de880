package configs_test

import "github.com/viaduct-soap/viaduct/configs"

// assemble stands for internal/assemble: it consumes every setting that the
// first release serves, as the real one does, and opens nothing.
func assemble(f *configs.File) {
	f.Web.MaxRequestLength.Get()
	f.Web.MaxAllowedContentLength.Get()
	f.Web.SSLFlags.Get()
	for _, x := range f.Filters {
		if x.Type.Peek() == "XPath" {
			prefixes(f)
		}
	}
	for _, s := range f.Services {
		s.Use()
		s.OpenTimeout.Get()
		s.CloseTimeout.Get()
		for _, b := range s.BaseAddresses {
			b.Address.Get()
		}
		s.Behavior.Throttling.MaxConcurrentCalls.Get()
		for _, ep := range s.Endpoints {
			if !ep.LeftOut() {
				endpoint(ep)
			}
		}
		if r := s.Behavior.Routing; r != nil && r.Table != nil {
			table(r)
		} else {
			forward(f)
		}
	}
}

// prefixes stands for the compiling of an expression.
func prefixes(f *configs.File) {
	for _, n := range f.Namespaces {
		n.Prefix.Get()
		n.Namespace.Get()
	}
}

// forward stands for the settings of a service that is no router: its messages
// go to client endpoints by their names.
func forward(f *configs.File) {
	for _, ep := range f.Client {
		endpoint(ep)
	}
}

func endpoint(ep *configs.Endpoint) {
	ep.Contract.Get()
	ep.ListenURIMode.Get()
	_, _ = ep.AbsoluteListenURI()
	_, _ = ep.AbsoluteAddress()
	ep.Headers()
	if ep.Identity != nil {
		ep.Identity.DNS.Get()
		ep.Identity.RSA.Get()
		ep.Identity.Certificate.Get()
		reference(ep.Identity.Reference)
	}
	if c := ep.Behavior.Credentials; c != nil {
		reference(c.Client)
		validation(c.TLS)
	}
	if ep.Service != nil && ep.Service.Behavior.Credentials != nil {
		validation(ep.Service.Behavior.Credentials.ClientValidation)
	}
	ep.Behavior.ClientVia.Get()
	ep.Behavior.ProcessMessages.Get()
	if ep.Binding != nil {
		binding(ep.Binding)
	}
}

func reference(r *configs.CertificateReference) {
	if r != nil {
		r.FindValue.Get()
		r.FindType.Get()
		r.StoreName.Get()
	}
}

func validation(v *configs.PeerValidation) {
	if v != nil {
		v.Mode.Get()
		if v.Revocation.Peek() == "NoCheck" {
			v.Revocation.Get()
		}
	}
}

func binding(b *configs.Binding) {
	b.ClientCertificate()
	b.Scheme()
	b.MessageVersion()
	b.OpenTimeout.Get()
	b.CloseTimeout.Get()
	b.SendTimeout.Get()
	b.ReceiveTimeout.Get()
	b.MaxReceivedMessageSize.Get()
	b.BufferSize()
	b.Streamed(false)
	b.HostNameComparisonMode.Get()
	b.TextEncoding.Get()
	b.ProxyAddress.Get()
	b.BypassProxyOnLocal.Get()
	b.UseDefaultWebProxy.Get()
	b.KeepAliveEnabled.Get()
	b.DecompressionEnabled.Get()
	b.RequestInitTimeout.Get()
	if q := b.ReaderQuotas; q != nil {
		q.MaxDepth.Get()
		q.MaxBytesPerRead.Get()
		q.MaxNameTableCharCount.Get()
	}
}

func table(r *configs.Routing) {
	r.RouteOnHeadersOnly.Get()
	r.SoapProcessingEnabled.Get()
	for _, x := range r.Table.Entries {
		x.Priority.Get()
		filter(x.Filter)
		if x.Endpoint != nil {
			endpoint(x.Endpoint)
		}
		if x.Backup == nil {
			continue
		}
		for _, b := range x.Backup.Entries {
			if b.Endpoint != nil {
				endpoint(b.Endpoint)
			}
		}
	}
}

func filter(f *configs.Filter) {
	if f == nil {
		return
	}
	f.Type.Get()
	f.Data.Get()
	f.CustomType.Get()
	filter(f.And[0])
	filter(f.And[1])
}
