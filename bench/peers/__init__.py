"""The processes that answer the calls which ours are compared with. The broker's URI is in KAISEN_AMQP_URI."""
