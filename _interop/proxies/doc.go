// Package proxies has the tests of package mtls with real proxies: curl shows a client certificate
// to nginx and to HAProxy, which pass it to a server of this module.
package proxies
