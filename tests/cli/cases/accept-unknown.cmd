accept F-123abc --reason known --owner ann
