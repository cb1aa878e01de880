package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/viaduct-soap/viaduct/configs"
	"github.com/viaduct-soap/viaduct/internal/proposal"
	"github.com/viaduct-soap/viaduct/internal/settings"
)

// initOptions are the flags of init.
type initOptions struct {
	output, forward  string
	certificate, key string
	force            bool
	load             configs.LoadOptions
}

func newInit(s streams) *cobra.Command {
	var o initOptions
	c := &cobra.Command{
		Use:   "init FILE.config",
		Short: "Write the settings file that a configuration needs",
		Long: `Init finds out what keeps FILE.config from running and writes viaduct.yaml
beside it: what stands for each .NET service, sockets and a certificate for https,
third-party elements to leave out, endpoints that cannot be served. Each entry is a
decision of yours, with its reason as a comment; serve runs with the file as it is.

A service goes to the client endpoint with the same contract, else to --forward,
else to the built-in echo, which stands in until you name the real one. For https
a certificate is made that no client trusts, unless you name one.

The exit code is 1 when something is left that no setting resolves.`,
		Example: `  viaduct init web.config
  viaduct init web.config --forward http://orders.internal:8080/orders`,
		Args: exactly(1, "one configuration file"),
		RunE: func(_ *cobra.Command, args []string) error { return initialize(s, args[0], &o) },
	}
	f := c.Flags()
	f.StringVarP(&o.output, "output", "o", "", "file to write, - for standard output; default: viaduct.yaml beside FILE.config")
	f.StringVar(&o.forward, "forward", "", "URL that services go to for which the file has no client endpoint")
	f.StringVar(&o.certificate, "certificate", "", "PEM file with the certificate of https sockets")
	f.StringVar(&o.key, "key", "", "PEM file with its key")
	f.BoolVar(&o.force, "force", false, "overwrite the file")
	loadFlags(f, &o.load)
	return c
}

func initialize(s streams, file string, o *initOptions) error {
	if (o.certificate == "") != (o.key == "") {
		return usageError{errors.New("--certificate and --key go together")}
	}
	output := o.output
	if output == "" {
		output = filepath.Join(filepath.Dir(file), settings.FileName)
	}
	if _, err := os.Stat(file); err != nil {
		return err
	}
	if _, err := os.Stat(output); err == nil && !o.force && output != "-" {
		return fmt.Errorf("%s exists; --force overwrites it, --output - prints the proposal", output)
	}
	dir := filepath.Dir(output)
	own := proposal.Options{Forward: o.forward, Certificate: o.certificate, Key: o.key, Load: o.load}
	if own.Certificate == "" {
		own.Certificate, own.Key = filepath.Join(dir, "viaduct-cert.pem"), filepath.Join(dir, "viaduct-key.pem")
		own.Prepare = func(hosts []string) error { return makeCertificate(s, own, hosts) }
	}
	p, err := proposal.Make(file, own)
	if err != nil {
		return err
	}
	if output == "-" {
		if _, err := s.out.Write(p.YAML); err != nil {
			return err
		}
	} else if err := os.WriteFile(output, p.YAML, 0o600); err != nil {
		return err
	} else if _, err := fmt.Fprintf(s.out, "wrote %s; read it, then run \"viaduct check\" and \"viaduct serve\"\n", output); err != nil {
		return err
	}
	for _, f := range p.Open {
		fmt.Fprintf(s.err, "%s: %s\n", f.Pos, f.Text)
	}
	if len(p.Open) > 0 {
		fmt.Fprintf(s.err, "viaduct: %d findings are left that no setting resolves\n", len(p.Open))
		return errFindings
	}
	return nil
}

// makeCertificate writes a certificate for the hosts of https endpoints, unless
// there is one already.
func makeCertificate(s streams, o proposal.Options, hosts []string) error {
	if _, err := os.Stat(o.Certificate); err == nil {
		return nil
	}
	certificate, key, err := proposal.Certificate(hosts)
	if err != nil {
		return err
	}
	if err := os.WriteFile(o.Key, key, 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(o.Certificate, certificate, 0o644); err != nil { //nolint:gosec // a certificate is public
		return err
	}
	_, err = fmt.Fprintf(s.err, "wrote %s and %s\n", o.Certificate, o.Key)
	return err
}
