package main

import (
	"github.com/spf13/pflag"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/assemble"
)

// buildOptions decide what an assembly may leave out.
type buildOptions struct{ allowUnbound, lenient bool }

func (o *buildOptions) flags(f *pflag.FlagSet) {
	f.BoolVar(&o.allowUnbound, "allow-unbound", false, "leave services out for which nothing stands")
	f.BoolVar(&o.lenient, "lenient-endpoints", false, "leave endpoints out that cannot be served")
}

func (o *buildOptions) options() assemble.Options {
	return assemble.Options{AllowUnbound: o.allowUnbound, LenientEndpoints: o.lenient}
}

// loadFlags say which part of a configuration is meant, and what stands above it.
func loadFlags(f *pflag.FlagSet, o *configs.LoadOptions) {
	f.StringArrayVar(&o.Parents, "parent", nil, "a configuration file that FILE.config inherits from, outermost first; may be repeated")
	f.StringVar(&o.Root, "root", "", "directory above FILE.config: the web.config of each directory from there on is inherited from")
	f.StringVar(&o.Location, "location", "", "the directory below FILE.config whose settings count, e.g. admin/orders")
}
