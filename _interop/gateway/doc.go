// Package gateway has the tests of package grpcauth with grpc-gateway in front of the server.
package gateway
