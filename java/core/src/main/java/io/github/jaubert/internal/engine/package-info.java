/** Memory, the tape, and the one implementation of a tensor. */
package io.github.jaubert.internal.engine;
