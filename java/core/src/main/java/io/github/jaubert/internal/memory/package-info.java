/** Devices, their memory, and what is told which blocks a captured step uses. */
package io.github.jaubert.internal.memory;
