/** Tests of the HTTP service over real sockets, on scripted engines and on the engine loop with a fake model. */
package dev.tramontane.api;
