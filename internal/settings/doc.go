// Package settings reads viaduct.yaml: what the WCF file cannot say.
//
// Sockets and certificates, which program stands for which .NET service, how an
// endpoint forwards, limits, logging and the admin address stand there (design
// D5). The structure is read once, with the position of every value; unknown
// keys are refused. Names that users choose are values in lists
// (- name: Contoso.Orders), never keys.
//
// One table, Reference, holds every setting with its type, default and meaning:
// the reader checks against it and the documentation is made from it.
//
// Viper finds the file and carries what flags and VIADUCT_* variables override;
// it never sees the file's structure. Secrets do not stand in the file: keys
// are named by file.
//
// The package opens nothing but the settings file and has no other effect.
package settings
