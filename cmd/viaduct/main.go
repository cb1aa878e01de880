// Command viaduct runs the XML configuration of a WCF service: it hosts the
// endpoints that a web.config declares and hands their messages on.
//
// Run "viaduct help" for its commands.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

// withSignals returns a context that ends with SIGINT or SIGTERM. A second signal
// ends the process at once.
func withSignals(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // from now on the signal has its usual effect
	return ctx, stop
}

// notifyReload has SIGHUP sent to c. From now on a closed terminal reloads, and
// loses no accepted message.
func notifyReload(c chan<- os.Signal) { signal.Notify(c, syscall.SIGHUP) }
