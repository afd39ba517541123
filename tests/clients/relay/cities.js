// What the Relay compiler reads, nobody runs it: documents as components of an application have them.

graphql`
  query citiesQuery($country: String!, $first: Int) {
    ...cities_page @arguments(country: $country, first: $first)
  }
`;

// A list that grows page by page, in both directions.
graphql`
  fragment cities_page on Query
  @argumentDefinitions(
    country: { type: "String!" }
    first: { type: "Int" }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
  )
  @refetchable(queryName: "citiesPageQuery") {
    cities(
      filter: { country: { key: { eq: $country } } }
      orderBy: KEY_ASC
      first: $first
      after: $after
      last: $last
      before: $before
    ) @connection(key: "cities_cities", filters: ["filter"]) {
      edges {
        node {
          key
          name
        }
      }
    }
  }
`;

graphql`
  query citiesCityQuery($key: String!) {
    city(by: { key: $key }) {
      id
      ...cities_details
    }
  }
`;

// Fetched again by its global ID.
graphql`
  fragment cities_details on City @refetchable(queryName: "citiesDetailsQuery") {
    name
    population
    country {
      name
    }
  }
`;

// Of any type, by an interface.
graphql`
  query citiesRecordQuery($id: ID!) {
    node(id: $id) {
      __typename
      ...cities_record @alias
    }
  }
`;

graphql`
  fragment cities_record on Record {
    key
    version
    ... on City {
      kind
    }
    ... on Visit {
      title
    }
  }
`;

// Reading it fails if a field has an error.
graphql`
  query citiesStrictQuery($first: Int) @throwOnFieldError {
    cities(first: $first) {
      totalCount
    }
  }
`;

graphql`
  subscription citiesChangedSubscription {
    datasetChanged {
      version
    }
  }
`;
