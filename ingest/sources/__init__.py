"""Where mail comes from: every source yields raw mails in order and can go on from where it stopped."""
