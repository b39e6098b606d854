/** Whole steps that a device has captured, and their replays. */
package io.github.jaubert.internal.graph;
