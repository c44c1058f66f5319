"""The zchat broker: rules, order, store, and the thin shell of sockets around them."""
