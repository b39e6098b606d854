/**
 * Signatures of models, in the format of OpenSSF Model Signing (v1.0, with a key on an elliptic
 * curve): a Sigstore bundle with a DSSE envelope, in which an in-toto statement names the SHA-256
 * of every file.
 */
package io.github.jaubert.measure.signing;
