package configs

import (
	"time"

	"github.com/viaduct-soap/viaduct/internal/source"
)

// CertificateReference names a certificate of a Windows store. What stands for
// it here is for the settings to say (spec wcf-config 5.1, serviceCredentials).
type CertificateReference struct {
	*Element

	FindValue Value[string] // "" = none
	FindType  Value[string] // x509FindType; FindBySubjectDistinguishedName
	StoreName Value[string] // My
	Location  Value[string] // storeLocation; LocalMachine, of a client CurrentUser
	TargetURI Value[string] // of scopedCertificates: the destination that has it
	Chain     Value[bool]   // of an identity: isChainIncluded; false
}

// Settle says that a certificate of the settings stands for the reference:
// findings then say "mapped".
func (r *CertificateReference) Settle(at source.Pos) {
	if r == nil {
		return
	}
	r.FindValue.Settle(at)
	r.FindType.Settle(at)
	r.StoreName.Settle(at)
}

// PeerValidation says how the certificate of the other side is checked.
type PeerValidation struct {
	*Element

	Mode            Value[string] // certificateValidationMode; ChainTrust
	Revocation      Value[string] // revocationMode; Online
	TrustedLocation Value[string] // trustedStoreLocation
	CustomType      Value[string] // customCertificateValidatorType; "" = none
}

// ServiceCredentials is the behaviour serviceCredentials. Pointers are nil where
// the file has no such element.
type ServiceCredentials struct {
	*Element

	Type, IdentityConfiguration Value[string] // "" = WCF's own
	UseIdentityConfiguration    Value[bool]   // false
	Certificate                 *CertificateReference
	Client                      *CertificateReference // clientCertificate/certificate
	ClientValidation            *PeerValidation       // clientCertificate/authentication
	UserName                    *UserNameValidation
	AllowAnonymous              Value[bool]             // windowsAuthentication/@allowAnonymousLogons; false
	IssuedToken                 *PeerValidation         // issuedTokenAuthentication
	Audience                    Value[string]           // issuedTokenAuthentication/@audienceUriMode; Always
	AllowedAudiences            []Value[string]         // issuedTokenAuthentication/allowedAudienceUris
	KnownCertificates           []*CertificateReference // issuedTokenAuthentication/knownCertificates
}

// UserNameValidation is userNameAuthentication.
type UserNameValidation struct {
	*Element

	Mode        Value[string] // userNamePasswordValidationMode; Windows
	Provider    Value[string] // membershipProviderName; ""
	CustomType  Value[string] // customUserNamePasswordValidatorType; ""
	CacheTokens Value[bool]   // cacheLogonTokens; false
	MaxCached   Value[int64]  // maxCachedLogonTokens; 128
	CachedFor   Value[time.Duration]
}

// ClientCredentials is the endpoint behaviour clientCredentials. Pointers are
// nil where the file has no such element.
type ClientCredentials struct {
	*Element

	Type       Value[string]           // "" = WCF's own
	Client     *CertificateReference   // clientCertificate: what Viaduct shows to a destination
	Service    *CertificateReference   // serviceCertificate/defaultCertificate
	Scoped     []*CertificateReference // serviceCertificate/scopedCertificates
	Validation *PeerValidation         // serviceCertificate/authentication: of messages
	TLS        *PeerValidation         // serviceCertificate/sslCertificateAuthentication
	AllowNTLM  Value[bool]             // windows/@allowNtlm; true
	Level      Value[string]           // windows/@allowedImpersonationLevel; Identification
}

// ServiceAuthorization is the behaviour serviceAuthorization.
type ServiceAuthorization struct {
	*Element

	Mode                   Value[string] // principalPermissionMode; UseWindowsGroups
	RoleProvider           Value[string] // ""
	ManagerType            Value[string] // serviceAuthorizationManagerType; ""
	Impersonate            Value[bool]   // impersonateCallerForAllOperations; false
	ImpersonateWhenWriting Value[bool]   // impersonateOnSerializingReply; false
	Policies               []Value[string]
}

// ServiceAuthentication is the behaviour serviceAuthenticationManager.
type ServiceAuthentication struct {
	*Element

	ManagerType Value[string]   // serviceAuthenticationManagerType; ""
	Schemes     Value[[]string] // authenticationSchemes; None
}

// RelayToken is transportClientEndpointBehavior with its token provider.
type RelayToken struct {
	*Element

	CredentialType Value[string] // of old files: SharedSecret, ...; "" = not written
	KeyName        Value[string] // sharedAccessSignature
	Key            Value[string] // sharedAccessSignature; a secret
	Scope          Value[string] // tokenScope; Entity
	Issuer         Value[string] // sharedSecret
	Secret         Value[string] // sharedSecret; a secret
	Windows        *Element      // windowsAuthentication
}

func certificateOf(e *Element) *CertificateReference {
	if e == nil {
		return nil
	}
	return &CertificateReference{
		Element: e, FindValue: value[string](e, "findValue"), FindType: value[string](e, "x509FindType"),
		StoreName: value[string](e, "storeName"), Location: value[string](e, "storeLocation"),
		TargetURI: value[string](e, "targetUri"), Chain: value[bool](e, "isChainIncluded"),
	}
}

func validationOf(e *Element) *PeerValidation {
	if e == nil {
		return nil
	}
	return &PeerValidation{
		Element: e, Mode: value[string](e, "certificateValidationMode"), Revocation: value[string](e, "revocationMode"),
		TrustedLocation: value[string](e, "trustedStoreLocation"), CustomType: value[string](e, "customCertificateValidatorType"),
	}
}

func serviceCredentialsOf(e *Element) *ServiceCredentials {
	if e == nil {
		return nil
	}
	c := &ServiceCredentials{
		Element: e, Type: value[string](e, "type"), IdentityConfiguration: value[string](e, "identityConfiguration"),
		UseIdentityConfiguration: value[bool](e, "useIdentityConfiguration"),
		Certificate:              certificateOf(e.child("serviceCertificate")),
		Client:                   certificateOf(e.at("clientCertificate", "certificate")),
		ClientValidation:         validationOf(e.at("clientCertificate", "authentication")),
		AllowAnonymous:           value[bool](e.first("windowsAuthentication"), "allowAnonymousLogons"),
		IssuedToken:              validationOf(e.child("issuedTokenAuthentication")),
		Audience:                 value[string](e.first("issuedTokenAuthentication"), "audienceUriMode"),
	}
	for _, x := range children(e, "issuedTokenAuthentication", "allowedAudienceUris", "add") {
		c.AllowedAudiences = append(c.AllowedAudiences, value[string](x, "allowedAudienceUri"))
	}
	for _, x := range children(e, "issuedTokenAuthentication", "knownCertificates", "add") {
		c.KnownCertificates = append(c.KnownCertificates, certificateOf(x))
	}
	if u := e.child("userNameAuthentication"); u != nil {
		c.UserName = &UserNameValidation{
			Element: u, Mode: value[string](u, "userNamePasswordValidationMode"), Provider: value[string](u, "membershipProviderName"),
			CustomType: value[string](u, "customUserNamePasswordValidatorType"), CacheTokens: value[bool](u, "cacheLogonTokens"),
			MaxCached: value[int64](u, "maxCachedLogonTokens"), CachedFor: value[time.Duration](u, "cachedLogonTokenLifetime"),
		}
	}
	return c
}

func clientCredentialsOf(e *Element) *ClientCredentials {
	if e == nil {
		return nil
	}
	c := &ClientCredentials{
		Element: e, Type: value[string](e, "type"), Client: certificateOf(e.child("clientCertificate")),
		Service:    certificateOf(e.at("serviceCertificate", "defaultCertificate")),
		Validation: validationOf(e.at("serviceCertificate", "authentication")),
		TLS:        validationOf(e.at("serviceCertificate", "sslCertificateAuthentication")),
		AllowNTLM:  value[bool](e.first("windows"), "allowNtlm"),
		Level:      value[string](e.first("windows"), "allowedImpersonationLevel"),
	}
	for _, x := range children(e, "serviceCertificate", "scopedCertificates", "add") {
		c.Scoped = append(c.Scoped, certificateOf(x))
	}
	return c
}

func authorizationOf(e *Element) *ServiceAuthorization {
	if e == nil {
		return nil
	}
	a := &ServiceAuthorization{
		Element: e, Mode: value[string](e, "principalPermissionMode"), RoleProvider: value[string](e, "roleProviderName"),
		ManagerType: value[string](e, "serviceAuthorizationManagerType"), Impersonate: value[bool](e, "impersonateCallerForAllOperations"),
		ImpersonateWhenWriting: value[bool](e, "impersonateOnSerializingReply"),
	}
	for _, x := range children(e, "authorizationPolicies", "add") {
		a.Policies = append(a.Policies, value[string](x, "policyType"))
	}
	return a
}

func authenticationOf(e *Element) *ServiceAuthentication {
	if e == nil {
		return nil
	}
	return &ServiceAuthentication{
		Element: e, ManagerType: value[string](e, "serviceAuthenticationManagerType"), Schemes: value[[]string](e, "authenticationSchemes"),
	}
}

func relayTokenOf(e *Element) *RelayToken {
	if e == nil {
		return nil
	}
	t := &RelayToken{Element: e, CredentialType: value[string](e, "credentialType"), Windows: e.at("tokenProvider", "windowsAuthentication")}
	secret := e.at("tokenProvider", "sharedSecret")
	if old := e.at("clientCredentials", "sharedSecret"); secret == nil {
		secret = old
	}
	if secret != nil {
		t.Issuer, t.Secret, t.Scope = value[string](secret, "issuerName"), value[string](secret, "issuerSecret"), value[string](secret, "tokenScope")
	}
	if s := e.at("tokenProvider", "sharedAccessSignature"); s != nil {
		t.KeyName, t.Key, t.Scope = value[string](s, "keyName"), value[string](s, "key"), value[string](s, "tokenScope")
	}
	return t
}

// at is the first element at a path below e, or nil.
func (e *Element) at(names ...string) *Element {
	for _, name := range names {
		if e == nil {
			return nil
		}
		e = e.child(name)
	}
	return e
}
